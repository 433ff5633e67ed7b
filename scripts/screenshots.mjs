// Makes docs/screenshots/ from the sample lake: node scripts/screenshots.mjs, or make screenshots. It needs Chromium.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const shots = join(root, 'docs', 'screenshots')
const droplake = (...words) =>
  execFileSync(process.execPath, [join(root, 'bin', 'droplake'), ...words], { stdio: 'ignore' })

/** Pages, and how wide and high the window is. */
const SHOTS = [
  { file: 'hires-by-quarter', page: 'hires_by_quarter', theme: 'light', width: 1180, height: 1130 },
  { file: 'departments-above-average', page: 'departments_above_average', theme: 'dark', width: 1180, height: 760 },
  { file: 'index', page: 'index', theme: 'light', width: 1180, height: 1130 },
  { file: 'phone', page: 'hires_by_quarter', theme: 'light', width: 375, height: 760 },
]

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (executablePath === undefined) {
  console.error('no Chromium here; on Debian: apt-get install chromium')
  process.exit(1)
}

const project = join(mkdtempSync(join(tmpdir(), 'droplake-screenshots-')), 'hires')
try {
  droplake('init', project)
  const samples = join(root, 'samples', 'hires')
  for (const name of readdirSync(samples).filter((file) => file.endsWith('.csv')))
    cpSync(join(samples, name), join(project, 'workingArea', 'uploads', name))
  droplake('run', '-C', project)
  mkdirSync(shots, { recursive: true })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  for (const { file, page: name, theme, width, height } of SHOTS) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, offline: true })
    await page.goto(pathToFileURL(join(project, 'reports', `${name}.html`)).href)
    await page.waitForTimeout(500)
    await page.screenshot({ path: join(shots, `${file}.png`) })
    console.log(`docs/screenshots/${file}.png`)
  }
  await browser.close()
} finally {
  rmSync(dirname(project), { recursive: true, force: true })
}
