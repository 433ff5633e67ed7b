import { Engine } from '../../core/engine.ts'
import { messageOf } from '../../core/errors.ts'
import { ident, sql } from '../../core/sql.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import type { Verification } from './verification.ts'

/** Every view of the newest catalog can be read to its last value, as somebody who opens it would. */
export async function checkViews(verification: Verification): Promise<CheckResult> {
  const { history, layout, project, version } = verification
  const newest = history.at(-1)
  if (newest?.content == null || newest.content.root !== layout.lake)
    return { examined: counted(0, 'view'), findings: [], notes: ['views: the newest catalog cannot be opened here'] }
  const names = Object.keys(newest.content.views).sort()
  const findings: Finding[] = []
  const { threads, memoryLimit } = project.config.engine
  const engine = await Engine.open({ path: newest.path, readOnly: true, threads, memoryLimit })
  try {
    for (const name of names) {
      const [schema = '', ...rest] = name.split('.')
      try {
        await engine.row(sql`select sum(hash(_row)) as digest from ${ident(schema, rest.join('.'))} as _row`)
      } catch (error) {
        findings.push({
          check: 'views',
          file: null,
          versions: [{ first: version, last: version }],
          message: `${name} cannot be read: ${messageOf(error).split('\n', 1)[0]}`,
          remedy: 'repair',
        })
      }
    }
  } finally {
    engine.close()
  }
  return { examined: counted(names.length, 'view'), findings }
}
