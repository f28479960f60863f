/** PyTorch's F.normalize divides by at least this. */
const EPSILON = 1e-12

/**
 * Cosine of one cell's vector to every cell's: [channels, cells] → [cells]. A cell without length has cosine 0.
 * @param cell row · columns + column
 */
export function similarCells(features: Float32Array, channels: number, cell: number): Float32Array<ArrayBuffer> {
  const cells = features.length / channels
  const dots = new Float64Array(cells)
  const squares = new Float64Array(cells)
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * cells
    const reference = features[plane + cell] ?? 0
    for (let i = 0; i < cells; i++) {
      const value = features[plane + i] ?? 0
      dots[i] = (dots[i] ?? 0) + value * reference
      squares[i] = (squares[i] ?? 0) + value * value
    }
  }
  const length = (i: number): number => Math.max(Math.sqrt(squares[i] ?? 0), EPSILON)
  const own = length(cell)
  return Float32Array.from(dots, (dot, i) => dot / (own * length(i)))
}
