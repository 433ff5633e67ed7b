import type { Project } from './load-config.ts'
import type { Source } from './settings.ts'

/** One value of the config, by its place. */
export interface Setting {
  /** `tables.employees.primaryKey` */
  readonly setting: string
  readonly value: unknown
  readonly source: Source
}

/** Every setting in force, and where each value came from. Lists count as one value. */
export function flattenSettings(project: Project): Setting[] {
  const settings: Setting[] = []
  const walk = (value: unknown, written: unknown, place: string) => {
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value))
        walk(inner, isObject(written) ? written[key] : undefined, place === '' ? key : `${place}.${key}`)
      return
    }
    settings.push({
      setting: place,
      value,
      source: project.sources.get(place) ?? (written === undefined ? 'default' : 'file'),
    })
  }
  walk(project.config, project.document, '')
  return settings
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
