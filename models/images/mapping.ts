/*
 * Between pixels of a picture and cells of a grid, along one axis. Every resize of these models goes by size, so a grid
 * of n cells always covers the whole picture, whatever the strides: 683 pixels over 21 cells are 32.5 pixels a cell.
 * Positions are continuous: 0 is the outer edge of the first pixel or cell.
 */

/** The cell under a position, clamped to the grid. `pixels` is the size of what the grid covers, padding included. */
export function cellFromPixel(position: number, pixels: number, cells: number): number {
  return Math.min(Math.max(Math.floor((position * cells) / pixels), 0), cells - 1)
}

/** Where a cell's centre lies, in pixels. */
export function pixelFromCell(cell: number, cells: number, pixels: number): number {
  return ((cell + 0.5) * pixels) / cells
}
