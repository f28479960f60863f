/*
 * The largest eigenvalues of a symmetric matrix by a restarted block Krylov method with Rayleigh–Ritz (Golub and Van
 * Loan, Matrix Computations, 10.3). Begins from fixed vectors, so the same matrix always gives the same answer.
 */

/** Vectors a restart begins with beyond those asked for: they keep what has been learnt about the next ones. */
const SPARE_VECTORS = 5
/** Size of the Krylov space; the small eigenproblem in it costs as much as a few dozen products. */
const SPACE = 64
const MAX_RESTARTS = 20
/** Ends when ‖A v − λ v‖ is this small against the largest eigenvalue; colours and shares need no more. */
const TOLERANCE = 1e-8

export interface Eigenpairs {
  /** descending */
  readonly values: Float64Array
  /** [count, size], orthonormal rows */
  readonly vectors: Float64Array
}

/** Numbers that look random and are always the same: without structure that a matrix could share. */
function fixedNoise(length: number): Float64Array {
  let state = 1
  return Float64Array.from({ length }, () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647 - 0.5
  })
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

/**
 * Makes `vector` orthogonal to `others` and of length one, in place (Gram–Schmidt, twice for the sake of rounding).
 * False where it depends on them and nothing is left.
 */
function orthonormalise(vector: Float64Array, others: readonly Float64Array[]): boolean {
  const before = Math.sqrt(dot(vector, vector))
  for (let pass = 0; pass < 2; pass++) {
    for (const other of others) {
      const overlap = dot(vector, other)
      for (let k = 0; k < vector.length; k++) vector[k] = (vector[k] ?? 0) - overlap * (other[k] ?? 0)
    }
  }
  const length = Math.sqrt(dot(vector, vector))
  if (length <= 1e-10 * before) return false
  for (let k = 0; k < vector.length; k++) vector[k] = (vector[k] ?? 0) / length
  return true
}

function multiply(matrix: Float64Array, size: number, vector: Float64Array): Float64Array {
  return Float64Array.from({ length: size }, (_, row) => dot(matrix.subarray(row * size, (row + 1) * size), vector))
}

/** All eigenpairs of a small symmetric matrix by Jacobi rotations, descending; vectors as rows. */
export function jacobiEigenpairs(matrix: Float64Array, size: number): Eigenpairs {
  const a = Array.from({ length: size }, (_, i) => matrix.slice(i * size, (i + 1) * size))
  const v = Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)))
  const at = (rows: Float64Array[], i: number, j: number): number => rows[i]?.[j] ?? 0
  const set = (rows: Float64Array[], i: number, j: number, value: number): void => {
    const row = rows[i]
    if (row) row[j] = value
  }
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) off += at(a, i, j) ** 2
    if (off === 0) break
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const apq = at(a, p, q)
        if (apq === 0) continue
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * apq)
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let k = 0; k < size; k++) {
          const [kp, kq] = [at(a, k, p), at(a, k, q)]
          set(a, k, p, c * kp - s * kq)
          set(a, k, q, s * kp + c * kq)
        }
        for (let k = 0; k < size; k++) {
          const [pk, qk] = [at(a, p, k), at(a, q, k)]
          set(a, p, k, c * pk - s * qk)
          set(a, q, k, s * pk + c * qk)
          const [vp, vq] = [at(v, p, k), at(v, q, k)]
          set(v, p, k, c * vp - s * vq)
          set(v, q, k, s * vp + c * vq)
        }
      }
    }
  }
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => at(a, j, j) - at(a, i, i))
  return {
    values: Float64Array.from(order, (i) => at(a, i, i)),
    vectors: Float64Array.from(order.flatMap((i) => Array.from(v[i] ?? [])))
  }
}

/** The sum of `vectors`, each times its weight. */
function combine(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const result = new Float64Array(vectors[0]?.length ?? 0)
  vectors.forEach((vector, j) => {
    const weight = weights[j] ?? 0
    for (let k = 0; k < result.length; k++) result[k] = (result[k] ?? 0) + weight * (vector[k] ?? 0)
  })
  return result
}

/** The `count` largest eigenvalues of a symmetric, positive semidefinite matrix [size, size] and their vectors. */
export function leadingEigenpairs(matrix: Float64Array, size: number, count: number): Eigenpairs {
  const wanted = Math.min(count, size)
  const space = Math.min(SPACE, size)
  const noise = fixedNoise(size * space)
  let start: Float64Array[] = Array.from({ length: wanted }, (_, i) => noise.slice(i * size, (i + 1) * size))

  for (let restart = 1; ; restart++) {
    // the start, then the image of each vector in turn; fresh noise where an image is nothing new
    const basis: Float64Array[] = []
    const images: Float64Array[] = []
    let mapped = 0
    for (let i = 0; basis.length < space && i < 2 * space; i++) {
      const image = i < start.length ? undefined : images[mapped++]
      const vector = start[i] ?? image?.slice() ?? noise.slice(basis.length * size, (basis.length + 1) * size)
      if (orthonormalise(vector, basis)) {
        basis.push(vector)
        images.push(multiply(matrix, size, vector))
      }
    }
    const projected = Float64Array.from(basis.flatMap((vector) => images.map((image) => dot(vector, image))))
    const ritz = jacobiEigenpairs(projected, basis.length)
    const weights = (i: number): Float64Array => ritz.vectors.subarray(i * basis.length, (i + 1) * basis.length)
    const vectors = Array.from({ length: wanted }, (_, i) => combine(basis, weights(i)))
    const limit = TOLERANCE * Math.max(ritz.values[0] ?? 0, 0)
    const settled = vectors.every((vector, i) => {
      const value = ritz.values[i] ?? 0
      const residual = combine(images, weights(i)).map((entry, k) => entry - value * (vector[k] ?? 0))
      return Math.sqrt(dot(residual, residual)) <= limit
    })
    if (settled || restart === MAX_RESTARTS) {
      return {
        values: ritz.values.slice(0, wanted),
        vectors: Float64Array.from(vectors.flatMap((vector) => Array.from(vector)))
      }
    }
    const kept = Math.min(wanted + SPARE_VECTORS, basis.length)
    start = Array.from({ length: kept }, (_, i) => combine(basis, weights(i)))
  }
}
