import { WHOLE, type Layer, type Overlay, type ShareRect } from '#models/figures/overlay'
import type { Raster } from '#models/figures/png'
import { colorTable, TABLE_SIZE, type ColorMap, type Rgb } from '#models/palettes'
import type { Frame, Size } from './camera'
import {
  LABELS_FRAGMENT,
  PICTURE_FRAGMENT,
  RGB_BILINEAR_FRAGMENT,
  RGB_CELLS_FRAGMENT,
  SCALAR_BILINEAR_FRAGMENT,
  SCALAR_CELLS_FRAGMENT,
  VERTEX
} from './heatmap-shaders'

/** What one frame shows. With a swipe line, `layers` lie left of it and `besideLayers` right. */
export interface HeatmapScene {
  readonly picture: Raster
  /** the picture's own size in pixels, which the frame counts; `picture` may have fewer */
  readonly size: Size
  readonly layers: readonly Layer[]
  readonly besideLayers: readonly Layer[]
  /** the line's place, screen pixels from the pane's left; undefined: `layers` everywhere */
  readonly swipeX: number | undefined
  readonly frame: Frame
  /** CSS pixels */
  readonly pane: Size
  /** device pixels a CSS pixel */
  readonly density: number
}

/** Textures that the last frames used and this one does not; a class that comes back is not uploaded again. */
const MAX_IDLE_TEXTURES = 24

const FRAGMENTS = {
  picture: PICTURE_FRAGMENT,
  'scalar cells': SCALAR_CELLS_FRAGMENT,
  'scalar bilinear': SCALAR_BILINEAR_FRAGMENT,
  labels: LABELS_FRAGMENT,
  'rgb cells': RGB_CELLS_FRAGMENT,
  'rgb bilinear': RGB_BILINEAR_FRAGMENT
} as const
type ProgramName = keyof typeof FRAGMENTS

const programOf = (overlay: Overlay): ProgramName =>
  overlay.kind === 'labels' ? 'labels' : `${overlay.kind} ${overlay.interpolation}`

class Program {
  readonly #gl: WebGL2RenderingContext
  readonly #program: WebGLProgram
  readonly #locations = new Map<string, WebGLUniformLocation | null>()

  constructor(gl: WebGL2RenderingContext, fragment: string) {
    this.#gl = gl
    this.#program = gl.createProgram()
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment]
    ] as const) {
      const shader = gl.createShader(kind)
      if (!shader) continue // the context is lost; it will be made again
      gl.shaderSource(shader, source)
      gl.compileShader(shader)
      gl.attachShader(this.#program, shader)
    }
    gl.bindAttribLocation(this.#program, 0, 'corner')
    gl.linkProgram(this.#program)
    if (!gl.getProgramParameter(this.#program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(gl.getProgramInfoLog(this.#program) ?? 'The shaders of the heat map do not link.')
    }
  }

  use(): void {
    this.#gl.useProgram(this.#program)
  }

  at(name: string): WebGLUniformLocation | null {
    let location = this.#locations.get(name)
    if (location === undefined) {
      location = this.#gl.getUniformLocation(this.#program, name)
      this.#locations.set(name, location)
    }
    return location
  }
}

/**
 * Draws pictures and what lies over them with WebGL2. A texture is kept as long as its data is shown, so that moving
 * the camera uploads nothing and switching the class uploads the cells of one class (some ten kilobytes).
 */
export class HeatmapGl {
  readonly #gl: WebGL2RenderingContext
  readonly #programs = new Map<ProgramName, Program>()
  /** by the array that it shows, oldest use first */
  readonly #textures = new Map<object, WebGLTexture>()
  readonly #colorMaps = new Map<ColorMap, WebGLTexture>()

  /** Throws where the machine has no WebGL2. */
  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext('webgl2', {
      alpha: true,
      antialias: false,
      depth: false,
      powerPreference: 'low-power'
    })
    if (!gl) throw new Error('WebGL2 is not available here, so pictures cannot be drawn: check the graphics driver.')
    this.#gl = gl
    const corners = gl.createBuffer()
    gl.bindBuffer(gl.ARRAY_BUFFER, corners)
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1), gl.STATIC_DRAW)
    gl.enableVertexAttribArray(0)
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0)
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
    gl.enable(gl.BLEND)
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  }

  draw(scene: HeatmapScene): void {
    const { pane, density, swipeX } = scene
    const gl = this.#gl
    const width = Math.max(1, Math.round(pane.width * density))
    const height = Math.max(1, Math.round(pane.height * density))
    if (this.canvas.width !== width) this.canvas.width = width
    if (this.canvas.height !== height) this.canvas.height = height
    gl.viewport(0, 0, width, height)
    gl.disable(gl.SCISSOR_TEST)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT)
    const used = new Set<object>()
    this.#drawPicture(scene, used)
    if (swipeX === undefined) {
      for (const layer of scene.layers) this.#drawLayer(scene, layer, used)
    } else {
      const line = Math.round(swipeX * density)
      gl.enable(gl.SCISSOR_TEST)
      gl.scissor(0, 0, line, height)
      for (const layer of scene.layers) this.#drawLayer(scene, layer, used)
      gl.scissor(line, 0, Math.max(0, width - line), height)
      for (const layer of scene.besideLayers) this.#drawLayer(scene, layer, used)
    }
    this.#forget(used)
  }

  /** Gives the textures back; the context itself goes with its canvas. */
  dispose(): void {
    for (const texture of [...this.#textures.values(), ...this.#colorMaps.values()]) this.#gl.deleteTexture(texture)
    this.#textures.clear()
    this.#colorMaps.clear()
  }

  #drawPicture(scene: HeatmapScene, used: Set<object>): void {
    const { picture, size, frame, density } = scene
    const gl = this.#gl
    gl.activeTexture(gl.TEXTURE0)
    this.#bind(picture.rgba, used, () => {
      gl.texImage2D(
        gl.TEXTURE_2D,
        0,
        gl.RGBA8,
        picture.width,
        picture.height,
        0,
        gl.RGBA,
        gl.UNSIGNED_BYTE,
        picture.rgba
      )
      gl.generateMipmap(gl.TEXTURE_2D)
    })
    // shrunk, pixels mix; from their own size on, each is a square
    const shrunk = (frame.scale * density * size.width) / picture.width < 1
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, shrunk ? gl.LINEAR_MIPMAP_LINEAR : gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
    this.#quad('picture', scene, WHOLE, WHOLE, picture.width, picture.height)
  }

  #drawLayer(scene: HeatmapScene, { overlay, opacity, region, clip }: Layer, used: Set<object>): void {
    const rect: ShareRect = {
      left: Math.max(region.left, clip.left),
      top: Math.max(region.top, clip.top),
      right: Math.min(region.right, clip.right),
      bottom: Math.min(region.bottom, clip.bottom)
    }
    if (rect.left >= rect.right || rect.top >= rect.bottom || opacity === 0) return
    const gl = this.#gl
    const { rows, columns } = overlay
    const program = this.#program(programOf(overlay))
    program.use()
    gl.uniform1f(program.at('opacity'), opacity)
    gl.activeTexture(gl.TEXTURE1)
    if (overlay.kind === 'scalar') {
      this.#bindColorMap(overlay.map)
      gl.uniform2f(program.at('domain'), overlay.domain[0], overlay.domain[1])
    } else if (overlay.kind === 'labels') {
      this.#bindPalette(overlay.palette, used)
    }
    gl.uniform1i(program.at('colors'), 1)
    gl.activeTexture(gl.TEXTURE0)
    const upload = (format: number, layout: number, type: number, data: ArrayBufferView): void =>
      gl.texImage2D(gl.TEXTURE_2D, 0, format, columns, rows, 0, layout, type, data)
    if (overlay.kind === 'scalar') {
      this.#bind(overlay.values, used, () => upload(gl.R32F, gl.RED, gl.FLOAT, overlay.values))
    } else if (overlay.kind === 'labels') {
      this.#bind(overlay.labels, used, () => upload(gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT, overlay.labels))
    } else {
      this.#bind(overlay.rgb, used, () => upload(gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE, overlay.rgb))
    }
    this.#quad(programOf(overlay), scene, rect, region, columns, rows)
  }

  #quad(
    name: ProgramName,
    scene: HeatmapScene,
    rect: ShareRect,
    region: ShareRect,
    columns: number,
    rows: number
  ): void {
    const gl = this.#gl
    const { frame, size, density } = scene
    const program = this.#program(name)
    const scale = frame.scale * density
    program.use()
    gl.uniform1i(program.at('map'), 0)
    gl.uniform4f(program.at('rect'), rect.left, rect.top, rect.right, rect.bottom)
    gl.uniform4f(program.at('region'), region.left, region.top, region.right, region.bottom)
    gl.uniform4f(
      program.at('frame'),
      frame.left * density,
      frame.top * density,
      size.width * scale,
      size.height * scale
    )
    gl.uniform2f(program.at('canvas'), this.canvas.width, this.canvas.height)
    gl.uniform2f(program.at('size'), columns, rows)
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
  }

  #program(name: ProgramName): Program {
    let program = this.#programs.get(name)
    if (!program) {
      program = new Program(this.#gl, FRAGMENTS[name])
      this.#programs.set(name, program)
    }
    return program
  }

  /** Binds the texture of `data` to the active unit; `upload` fills it the first time. */
  #bind(data: object, used: Set<object>, upload: () => void): void {
    const gl = this.#gl
    const known = this.#textures.get(data)
    const texture = known ?? gl.createTexture()
    this.#textures.delete(data)
    this.#textures.set(data, texture)
    used.add(data)
    gl.bindTexture(gl.TEXTURE_2D, texture)
    if (!known) {
      upload()
      this.#nearest()
    }
  }

  #bindColorMap(map: ColorMap): void {
    const gl = this.#gl
    const known = this.#colorMaps.get(map)
    const texture = known ?? gl.createTexture()
    gl.bindTexture(gl.TEXTURE_2D, texture)
    if (known) return
    this.#colorMaps.set(map, texture)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, TABLE_SIZE, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, colorTable(map))
    this.#nearest()
  }

  #bindPalette(palette: readonly Rgb[], used: Set<object>): void {
    const gl = this.#gl
    this.#bind(palette, used, () => {
      const rows = Math.max(1, Math.ceil(palette.length / 256))
      const rgba = new Uint8Array(rows * 256 * 4)
      palette.forEach(([red, green, blue], index) => rgba.set([red, green, blue, 255], 4 * index))
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, rgba)
    })
  }

  #nearest(): void {
    const gl = this.#gl
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
  }

  #forget(used: ReadonlySet<object>): void {
    let idle = this.#textures.size - used.size
    for (const [data, texture] of this.#textures) {
      if (idle <= MAX_IDLE_TEXTURES) break
      if (used.has(data)) continue
      this.#gl.deleteTexture(texture)
      this.#textures.delete(data)
      idle--
    }
  }
}
