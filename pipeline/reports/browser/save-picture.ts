import { shortLabel } from '../charts/text.ts'
import { element } from './dom.ts'
import type { ECharts } from './echarts.ts'
import { palette } from './theme.ts'

/** Pixels of the picture for one of the page. */
const SCALE = 2
const MARGIN_PX = 20
const TITLE_PX = 36

/** Save a chart as a PNG, under its title: a picture that is passed on has to say what it shows. */
export function savePicture(chart: ECharts, title: string): void {
  const { page, ink } = palette()
  const drawn = chart.renderToCanvas({ pixelRatio: SCALE, backgroundColor: page })
  const picture = element('canvas', {
    width: drawn.width + 2 * SCALE * MARGIN_PX,
    height: drawn.height + SCALE * (2 * MARGIN_PX + TITLE_PX),
  })
  const pen = picture.getContext('2d')
  if (pen === null) throw new Error('the browser draws no canvas')
  pen.fillStyle = page
  pen.fillRect(0, 0, picture.width, picture.height)
  pen.fillStyle = ink
  pen.font = `600 ${16 * SCALE}px system-ui, sans-serif`
  pen.textBaseline = 'top'
  pen.fillText(shortLabel(title, 120), SCALE * MARGIN_PX, SCALE * MARGIN_PX, drawn.width)
  pen.drawImage(drawn, SCALE * MARGIN_PX, SCALE * (MARGIN_PX + TITLE_PX))
  const name = shortLabel(title, 60).replace(/[/\\:*?"<>|]/g, ' ')
  element('a', { href: picture.toDataURL('image/png'), download: `${name}.png` }).click()
}
