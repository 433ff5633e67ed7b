import { choices } from '../charts/chart-data.ts'
import type { PageData } from '../charts/page-data.ts'
import { shortLabel } from '../charts/text.ts'
import { byId, element } from './dom.ts'

/**
 * Fill the choice above the charts.
 *
 * @returns makes a choice as if a person had; nothing happens where the page has none, or not this value
 */
export function showChoice(data: PageData, onChange: (chosen: string | null) => void): (name: string) => void {
  if (data.choice === null) return () => undefined
  const names = choices(data)
  const select = byId('choice', HTMLSelectElement)
  select.append(element('option', { value: '' }, 'All'))
  names.forEach((name, index) => {
    select.append(element('option', { value: index + 1 }, shortLabel(name, 80)))
  })
  const apply = () => onChange(names[Number(select.value) - 1] ?? null)
  select.addEventListener('change', apply)
  return (name) => {
    const index = names.indexOf(name)
    if (index < 0) return
    select.value = String(index + 1)
    apply()
    select.focus()
  }
}
