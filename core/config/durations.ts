import { z } from 'zod'

const DURATION = /^([1-9]\d{0,5})([mhd])$/

/** A length of time in a config: a number of minutes, hours or days, `90m`, `36h`, `30d`. */
export const durationSchema = z
  .string()
  .regex(DURATION, 'expected a number of minutes, hours or days such as "90m", "36h" or "30d"')

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** @param duration as `durationSchema` has it */
export function durationMs(duration: string): number {
  const [, count = '', unit = ''] = DURATION.exec(duration) ?? []
  return Number(count) * (UNIT_MS[unit] ?? Number.NaN)
}
