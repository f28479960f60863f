import { renderAsync } from '@resvg/resvg-js'
import { join } from 'node:path'
import { StudioError } from '#models/errors'

/** Two A0 sheets side by side at 150 dots an inch; what is above does not fit in memory. */
const MAX_WIDTH = 16_384
const FONT_FILES = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf', 'JetBrainsMono-Regular.ttf', 'NotoSansKR-Regular.ttf']

/** An address that is no embedded picture and no part of the drawing: a path would be opened as a file of this machine. */
const OUTSIDE_ADDRESS = /\bhref\s*=\s*["'](?!data:image\/(?:png|jpeg);|#)/i

/**
 * The PNG of an SVG, `width` pixels wide, drawn with the fonts in `fontFolder` alone, so that it is the same on every
 * machine. Throws where the drawing is broken or points outside itself.
 */
export async function rasterizeSvg(svg: string, width: number, fontFolder: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!Number.isInteger(width) || width < 1 || width > MAX_WIDTH) {
    throw new StudioError('invalid', `A picture has to be 1 to ${MAX_WIDTH} pixels wide, not ${width}.`)
  }
  // entities could hide an address
  if (OUTSIDE_ADDRESS.test(svg) || svg.includes('<!DOCTYPE')) {
    throw new StudioError('invalid', 'The drawing points outside itself: only embedded pictures are drawn.')
  }
  const image = await renderAsync(svg, {
    fitTo: { mode: 'width', value: width },
    font: {
      loadSystemFonts: false,
      fontFiles: FONT_FILES.map((name) => join(fontFolder, name)),
      defaultFontFamily: 'Inter',
      sansSerifFamily: 'Inter',
      monospaceFamily: 'JetBrains Mono'
    }
  }).catch((error: unknown) => {
    throw new StudioError('invalid', `The drawing cannot be turned into pixels: ${String(error)}`, { cause: error })
  })
  return new Uint8Array(image.asPng())
}
