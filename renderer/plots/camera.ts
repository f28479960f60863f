/*
 * Where a pane looks at a picture, and the maths of moving there. Spaces: pixel (of the picture, 0 at the outer edge of
 * the first), share (0..1 of the picture), screen (CSS pixels of the pane). A camera holds no size of any pane, so one
 * camera given to several panes shows the same part in all of them.
 */

export interface Camera {
  /** what lies in the middle of the pane, as shares of the picture's width and height */
  readonly centerX: number
  readonly centerY: number
  /** 1: the whole picture fits the pane */
  readonly zoom: number
}

export const FIT: Camera = { centerX: 0.5, centerY: 0.5, zoom: 1 }

export interface Size {
  readonly width: number
  readonly height: number
}

/** Where the picture lies in the pane: screen = left + scale · pixel. */
export interface Frame {
  readonly left: number
  readonly top: number
  /** screen pixels a picture pixel */
  readonly scale: number
}

/** The closest look: a picture pixel as a square of this many screen pixels. */
const MAX_SCALE = 64
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value))

function fitScale(pane: Size, picture: Size): number {
  return Math.min(pane.width / picture.width, pane.height / picture.height)
}

/** The middle of the pane stays so far from the picture's edge that no empty room shows where there could be picture. */
function clampCenter(center: number, shownShare: number): number {
  return shownShare >= 1 ? 0.5 : clamp(center, shownShare / 2, 1 - shownShare / 2)
}

/** The nearest camera that fills the pane as far as the picture can. */
export function clampCamera(camera: Camera, pane: Size, picture: Size): Camera {
  const fit = fitScale(pane, picture)
  const zoom = clamp(camera.zoom, 1, Math.max(1, MAX_SCALE / fit))
  const scale = fit * zoom
  return {
    centerX: clampCenter(camera.centerX, pane.width / (picture.width * scale)),
    centerY: clampCenter(camera.centerY, pane.height / (picture.height * scale)),
    zoom
  }
}

export function frameOf(camera: Camera, pane: Size, picture: Size): Frame {
  const { centerX, centerY, zoom } = clampCamera(camera, pane, picture)
  const scale = fitScale(pane, picture) * zoom
  return {
    left: pane.width / 2 - centerX * picture.width * scale,
    top: pane.height / 2 - centerY * picture.height * scale,
    scale
  }
}

/** The place of the picture that is nearest to a point of the pane. */
export function nearestPixel(frame: Frame, picture: Size, x: number, y: number): { x: number; y: number } {
  return {
    x: clamp((x - frame.left) / frame.scale, 0, picture.width),
    y: clamp((y - frame.top) / frame.scale, 0, picture.height)
  }
}

/** The place of the picture under a point of the pane; undefined beside the picture. */
export function pixelFromScreen(
  frame: Frame,
  picture: Size,
  x: number,
  y: number
): { x: number; y: number } | undefined {
  const pixel = { x: (x - frame.left) / frame.scale, y: (y - frame.top) / frame.scale }
  const inside = pixel.x >= 0 && pixel.y >= 0 && pixel.x < picture.width && pixel.y < picture.height
  return inside ? pixel : undefined
}

/** Zooms by `factor`, and the place under (x, y) of the pane stays there. */
export function zoomAt(camera: Camera, pane: Size, picture: Size, x: number, y: number, factor: number): Camera {
  const before = frameOf(camera, pane, picture)
  const { zoom } = clampCamera({ ...camera, zoom: camera.zoom * factor }, pane, picture)
  const scale = fitScale(pane, picture) * zoom
  const pixelX = (x - before.left) / before.scale
  const pixelY = (y - before.top) / before.scale
  return clampCamera(
    {
      centerX: (pixelX + (pane.width / 2 - x) / scale) / picture.width,
      centerY: (pixelY + (pane.height / 2 - y) / scale) / picture.height,
      zoom
    },
    pane,
    picture
  )
}

/** Moves the picture by (dx, dy) screen pixels. */
export function panBy(camera: Camera, pane: Size, picture: Size, dx: number, dy: number): Camera {
  const from = clampCamera(camera, pane, picture)
  const scale = fitScale(pane, picture) * from.zoom
  return clampCamera(
    {
      centerX: from.centerX - dx / (picture.width * scale),
      centerY: from.centerY - dy / (picture.height * scale),
      zoom: from.zoom
    },
    pane,
    picture
  )
}
