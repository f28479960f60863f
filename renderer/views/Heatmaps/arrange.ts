import type { Size } from '../../plots/camera'

/* Sizes on the screen are CSS pixels. */

/** A pane narrower than this has its keys below the picture. */
export const NARROW_PANE = 460
/** What a pane needs besides the picture: its head, and its keys at the right or below. */
const HEAD_HEIGHT = 76
const KEYS_WIDTH = 172
const KEYS_HEIGHT = 64
/** A picture is no use below this; the view scrolls before. */
export const MIN_PICTURE_HEIGHT = 140
/** Panes are put into fewer columns before they become narrower than this. */
const MIN_PANE_WIDTH = 220

/** How large a picture becomes in a pane, as pixels of the screen a pixel of the picture. */
function scaleIn(pane: Size, picture: Size): number {
  const isNarrow = pane.width < NARROW_PANE
  const width = pane.width - (isNarrow ? 0 : KEYS_WIDTH)
  const height = pane.height - HEAD_HEIGHT - (isNarrow ? KEYS_HEIGHT : 0)
  return Math.min(width / picture.width, Math.max(height, MIN_PICTURE_HEIGHT) / picture.height)
}

/**
 * In how many columns the panes of `models` models, `across` each, are to stand so that their pictures are as large as
 * the room allows; the panes of a model stay side by side. Of equals, the one with the fewest empty places, then the
 * fewest rows: eyes move sideways more easily.
 */
export function columnsFor(models: number, across: number, room: Size, picture: Size): number {
  let best = { columns: 1, scale: -Infinity, empty: 0 }
  for (let columns = models; columns >= 1; columns--) {
    const width = room.width / (columns * across)
    if (width < MIN_PANE_WIDTH && columns > 1) continue
    const rows = Math.ceil(models / columns)
    const scale = scaleIn({ width, height: room.height / rows }, picture)
    const empty = rows * columns - models
    const isEqual = Math.abs(scale - best.scale) < 1e-9
    if (isEqual ? empty < best.empty : scale > best.scale) best = { columns, scale, empty }
  }
  return best.columns * across
}
