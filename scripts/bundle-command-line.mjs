// The only writer of dist/cli/: the command line as few files, with the packages that every command needs; their licences are
// in dist/licenses.txt.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { build } from 'rolldown'

const DRAW_SVG = 'pipeline/reports/charts/draw-svg'

/**
 * @param {string} root the repository
 * @param {string} out what becomes dist/
 */
export async function bundleCommandLine(root, out) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const installed = Object.keys(dependencies)
  const { output } = await build({
    input: join(root, 'cli', 'main.ts'),
    platform: 'node',
    // What package.json calls a dependency is installed beside droplake; all else is in the bundle.
    external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
    transform: { target: 'node20.19' },
    plugins: [ownPlaces(root), drawSvgApart()],
    output: { dir: join(out, 'cli'), format: 'esm', chunkFileNames: '[name]-[hash].js' },
  })
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
  writeFileSync(join(out, 'licenses.txt'), licensesOf(root, modules))
}

/** Every file of the bundle lies in dist/cli/: what a module finds beside itself, it finds from there. */
function ownPlaces(root) {
  return {
    name: 'own-places',
    transform(code, id) {
      if (id.includes('node_modules') || !code.includes('import.meta.url')) return null
      const place = JSON.stringify(`../${relative(root, id).split(sep).join('/')}`)
      return code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`)
    },
  }
}

/** ECharts is a file of its own, loaded where there is something to draw. */
function drawSvgApart() {
  return {
    name: 'draw-svg-apart',
    resolveId: (source) =>
      source.endsWith('/charts/draw-svg.ts') ? { id: `../${DRAW_SVG}.js`, external: 'relative' } : null,
  }
}

/** The licence and the notice of each package that has a module in the bundle. */
function licensesOf(root, modules) {
  const folders = modules.flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replace(/^\0/, ''))?.[0] ?? [])
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file))
    if (files.length === 0 && license === undefined) throw new Error(`${relative(root, folder)} names no licence`)
    const written = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version} (${license})`, ...written].join('\n\n')
  })
  return `Packages that dist/cli/ holds parts of.\n\n${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
