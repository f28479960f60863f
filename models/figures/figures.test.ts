import { Resvg } from '@resvg/resvg-js'
import { describe, expect, it } from 'vitest'
import { lookup, type Rgb } from '../palettes'
import { layoutBars } from './bars'
import { layoutClassLegend, presentEntries } from './class-legend'
import { layoutColorBar, type ColorBar } from './color-bar'
import { layoutHistogram } from './histogram'
import { layoutHeatmap, type HeatmapFigure, type HeatmapPanel } from './heatmap'
import { describeFigure, renderFigure, type FigureRecipe } from './index'
import { WHOLE, type Layer } from './overlay'
import { cellRect } from './probe-mark'
import { escapeXml, fitText, textWidth } from './svg'

// The files in golden/ are what a person looked at. After a wanted change: npx vitest run models/figures -u, and look again.

const GREY = 96
const palette: readonly Rgb[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115]
]
const picture = {
  width: 8,
  height: 4,
  rgba: new Uint8Array(8 * 4 * 4).fill(GREY).map((v, i) => (i % 4 === 3 ? 255 : v))
}
const scoreLayer: Layer = {
  overlay: {
    kind: 'scalar',
    rows: 2,
    columns: 4,
    values: Float32Array.of(-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.3),
    interpolation: 'cells',
    map: 'viridis',
    domain: [-0.3, 0.3]
  },
  opacity: 0.75,
  region: WHOLE,
  clip: WHOLE
}
const labelsLayer: Layer = {
  overlay: { kind: 'labels', rows: 4, columns: 8, labels: Uint16Array.from({ length: 32 }, (_, i) => i % 3), palette },
  opacity: 1,
  region: WHOLE,
  clip: { left: 0.5, top: 0, right: 1, bottom: 1 }
}
const scorePanel: HeatmapPanel = {
  title: 'car · score_map',
  picture,
  layers: [scoreLayer],
  keys: [{ kind: 'color-bar', map: 'viridis', domain: [-0.3, 0.3], unit: 'cosine', tensor: 'score_map' }],
  tags: ['cells', 'own scale', 'sliding window 512/341', 'γ × 0.5 what-if'],
  marks: [{ x: 5, y: 3, label: '1', cell: cellRect({ row: 1, column: 2, rows: 2, columns: 4 }, WHOLE) }]
}
const heatmap: FigureRecipe & HeatmapFigure = {
  kind: 'heatmap',
  size: 320,
  caption: 'denseclip.pth · street <1>.png',
  panels: [
    scorePanel,
    {
      title: 'decoder & swipe',
      picture,
      layers: [scoreLayer, labelsLayer],
      keys: [
        {
          kind: 'classes',
          title: 'argmax of seg_logits',
          entries: presentEntries(['road', 'car', '하늘'], palette, [11, 11, 10])
        },
        { kind: 'note', title: 'x4 as colours', lines: ['red PC 1, 41.0 %'] }
      ],
      tags: ['bilinear'],
      marks: []
    }
  ]
}
const colorBar: ColorBar = {
  map: 'vik',
  domain: [-0.25, 0.25],
  unit: 'cosine',
  tensor: 'score_map',
  length: 160,
  orientation: 'vertical'
}
const RECIPES: Readonly<Record<string, FigureRecipe>> = {
  heatmap,
  'color-bar': { kind: 'color-bar', ...colorBar },
  'class-legend': {
    kind: 'class-legend',
    width: 160,
    maxEntries: 2,
    entries: presentEntries(['road', 'sky', 'car', 'a class with a name that is too long'], palette, [2, 1, 4, 7])
  },
  bars: {
    kind: 'bars',
    unit: 'cosine',
    domain: [-0.1, 0.3],
    width: 240,
    rows: [
      { name: 'car', value: 0.243, color: [230, 159, 0] },
      { name: 'sky', value: -0.061, color: [86, 180, 233] }
    ]
  },
  histogram: {
    kind: 'histogram',
    histogram: {
      low: -0.5,
      high: 1.5,
      counts: Array.from({ length: 64 }, (_, bin) => Math.round(4000 * Math.exp(-(((bin - 20) / 8) ** 2))))
    },
    logarithmic: false,
    title: 'visual.proj · clip.pt',
    width: 360,
    height: 200
  }
}

describe('golden figures', () => {
  it.each(Object.entries(RECIPES))('%s', async (name, recipe) => {
    await expect(renderFigure(recipe)).toMatchFileSnapshot(`golden/${name}.svg`)
  })
})

describe('histogram', () => {
  const layout = (low: number, high: number, counts: readonly number[], logarithmic = false) =>
    layoutHistogram({ histogram: { low, high, counts }, logarithmic, title: 'w', width: 300, height: 180 })

  it('has bars as high as counts, or as their logarithm', () => {
    const { bars, plot, zeroX } = layout(-1, 3, [1, 0, 100, 50])
    expect(bars.map(({ height }) => Math.round((height / plot.height) * 100))).toEqual([1, 0, 100, 50])
    expect(bars.map(({ low, high }) => [low, high])).toEqual([
      [-1, 0],
      [0, 1],
      [1, 2],
      [2, 3]
    ])
    expect(zeroX).toBeCloseTo(plot.x + plot.width / 4)
    const logarithmic = layout(-1, 3, [1, 0, 100, 50], true)
    expect(logarithmic.bars[0]?.height).toBeCloseTo((plot.height * Math.log(2)) / Math.log(101))
    expect(logarithmic.bars[1]?.height).toBe(0)
  })

  it('is one bar with one tick for one value, and empty for none', () => {
    const one = layout(2.5, 2.5, [70000])
    expect(one.valueTicks.map(({ text }) => text)).toEqual(['2.5'])
    expect(one.bars).toMatchObject([{ width: one.plot.width, height: one.plot.height }])
    expect(layout(0, 0, [])).toMatchObject({ bars: [], valueTicks: [] })
  })

  it('has ticks that do not touch, and counts up to the highest', () => {
    for (const high of [1e-9, 1, 12345, 3e38]) {
      const { valueTicks, countTicks } = layout(-high, high, [3, 123456])
      expect(countTicks.at(-1)?.text.replaceAll('\u202f', '')).toBe('123456')
      for (const [index, tick] of valueTicks.entries()) {
        const next = valueTicks[index + 1]
        if (next) expect(next.at - tick.at).toBeGreaterThan((textWidth(tick.text, 11) + textWidth(next.text, 11)) / 2)
      }
    }
  })
})

describe('heat map figure', () => {
  it('has on paper the colours of the map, mixed with the picture', () => {
    const layout = layoutHeatmap({ ...heatmap, panels: [scorePanel] })
    const box = layout.panels[0]?.picture ?? { x: 0, y: 0, width: 0, height: 0 }
    const image = new Resvg(renderFigure({ ...heatmap, panels: [{ ...scorePanel, marks: [] }] })).render()
    const colorAt = (shareX: number, shareY: number): number[] => {
      const x = Math.floor(box.x + shareX * box.width)
      const y = Math.floor(box.y + shareY * box.height)
      return [...image.pixels.subarray(4 * (y * image.width + x), 4 * (y * image.width + x) + 3)]
    }
    // centres and corners of the first and the last cell: cells have no soft edges
    for (const [shareX, shareY, t] of [
      [0.125, 0.25, 0],
      [0.24, 0.48, 0],
      [0.875, 0.75, 1],
      [0.76, 0.52, 1]
    ] as const) {
      const expected = lookup('viridis', t).map((value) => 0.75 * value + 0.25 * GREY)
      colorAt(shareX, shareY).forEach((value, i) => expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(2.5))
    }
  })

  it('cuts a layer off at the swipe line', () => {
    const figure = { ...heatmap, panels: [{ ...scorePanel, layers: [labelsLayer], marks: [] }] }
    const box = layoutHeatmap(figure).panels[0]?.picture ?? { x: 0, y: 0, width: 0, height: 0 }
    const image = new Resvg(renderFigure(figure)).render()
    const at = (shareX: number): number[] => {
      const offset = 4 * (Math.floor(box.y + 2) * image.width + Math.floor(box.x + shareX * box.width))
      return [...image.pixels.subarray(offset, offset + 3)]
    }
    expect(at(0.2)).toEqual([GREY, GREY, GREY])
    // column 4 of the first row has label 1
    expect(at(0.56)).toEqual([...(palette[1] ?? [])])
  })

  it('embeds picture and map at their own resolution', () => {
    const sizes = [...renderFigure(heatmap).matchAll(/base64,([^"]+)"/g)].map(([, text]) => {
      const png = Buffer.from(text ?? '', 'base64')
      return [png.readUInt32BE(16), png.readUInt32BE(20)]
    })
    expect(sizes).toEqual([
      [8, 4], // picture
      [4, 2], // score map as cells
      [8, 4], // picture
      [4, 2],
      [8, 4] // labels
    ])
  })

  it('writes labels, units, tags and names as text', () => {
    const svg = renderFigure(heatmap)
    for (const text of [
      'car · score_map',
      'score_map (cosine)',
      '+0.300',
      '−0.300',
      'own scale',
      'γ × 0.5 what-if',
      '하늘',
      'street &lt;1&gt;.png',
      'decoder &amp; swipe'
    ]) {
      expect(svg).toContain(`>${text}`.replace('>street', '>denseclip.pth · street'))
    }
  })

  it('cuts off cells that lie beside the picture', () => {
    const filled = { ...scoreLayer, region: { ...WHOLE, bottom: 1.5 } }
    const svgOf = (layer: Layer) =>
      renderFigure({ ...heatmap, panels: [{ ...scorePanel, layers: [layer], marks: [] }] })
    expect(svgOf(scoreLayer)).not.toContain('-layer0-clip')
    expect(svgOf(filled)).toContain('-layer0-clip')
  })

  it('grows beside its longest column, and puts tags in lines', () => {
    const narrow = layoutHeatmap({ ...heatmap, size: 100, panels: [{ ...scorePanel, keys: [] }] })
    const tags = narrow.panels[0]?.tags ?? []
    expect(new Set(tags.map((tag) => tag.y)).size).toBeGreaterThan(1)
    expect(Math.max(...tags.map((tag) => tag.x + tag.width))).toBeLessThanOrEqual(narrow.width)
    expect(narrow.panels[0]?.picture.y).toBeGreaterThan(Math.max(...tags.map((tag) => tag.y)))
  })

  it('puts panels in rows where it is told how many stand beside each other', () => {
    const row = layoutHeatmap({ ...heatmap, panels: [scorePanel, scorePanel, scorePanel] })
    const two = layoutHeatmap({ ...heatmap, panels: [scorePanel, scorePanel, scorePanel], columns: 2 })
    const [first, second, third] = two.panels.map(({ picture }) => picture)
    expect(second?.y).toBe(first?.y)
    expect(third?.x).toBe(first?.x)
    expect(third?.y).toBeGreaterThan((first?.y ?? 0) + (first?.height ?? 0))
    expect(two.width).toBeLessThan(row.width)
    expect(two.height).toBeGreaterThan(row.height)
  })

  it('has room for notes as long as they are', () => {
    const line = 'red: component 1, 54.8 % of variance of all cells'
    const noted = layoutHeatmap({
      ...heatmap,
      panels: [{ ...scorePanel, keys: [{ kind: 'note', title: '', lines: [line] }] }]
    })
    const [key] = noted.panels[0]?.keys ?? []
    expect(noted.width - (key?.x ?? 0)).toBeGreaterThanOrEqual(textWidth(line, 11))
  })
})

describe('colour bar', () => {
  it('names both ends and puts round numbers between them', () => {
    const { ticks, label } = layoutColorBar(colorBar)
    expect(ticks.map((tick) => tick.text)).toEqual([
      '−0.250',
      '−0.200',
      '−0.100',
      '0.000',
      '+0.100',
      '+0.200',
      '+0.250'
    ])
    expect(ticks.map((tick) => Math.round(tick.position))).toEqual([0, 16, 48, 80, 112, 144, 160])
    expect(label).toBe('score_map (cosine)')
  })

  it('keeps texts apart, along and across', () => {
    for (const orientation of ['vertical', 'horizontal'] as const) {
      for (const length of [40, 90, 160, 400]) {
        const { ticks } = layoutColorBar({ ...colorBar, domain: [-0.2503, 0.2497], orientation, length })
        ticks.slice(1, -1).forEach((tick, i) => {
          const room = tick.position - (ticks[i]?.position ?? 0)
          expect(room).toBeGreaterThan(orientation === 'vertical' ? 13 : textWidth(tick.text, 11))
        })
      }
    }
  })

  it('has one tick where all values are the same', () => {
    expect(layoutColorBar({ ...colorBar, domain: [0.1, 0.1] }).ticks.map((tick) => tick.text)).toEqual(['+0.100'])
  })

  it('fills the same bar that the raster is coloured by', () => {
    const { stops } = layoutColorBar(colorBar)
    expect(stops[0]).toEqual({ offset: 0, color: '#001261' })
    expect(stops.at(-1)).toEqual({ offset: 1, color: '#590008' })
  })
})

describe('legend and bars', () => {
  it('lists what occurs, most first, and counts what has no room', () => {
    const entries = presentEntries(['a', 'b', 'c', 'd'], palette, [1, 0, 5, 2])
    expect(entries.map((entry) => entry.name)).toEqual(['c', 'd', 'a'])
    expect(layoutClassLegend({ entries, width: 160, maxEntries: 1 })).toMatchObject({ more: '2 more', height: 32 })
    // a line that says '1 more' is as high as that one
    expect(layoutClassLegend({ entries, width: 160, maxEntries: 2 })).toMatchObject({ more: '', height: 48 })
  })

  it('starts bars at zero, to either side', () => {
    const { rows, zeroX } = layoutBars({
      unit: 'cosine',
      domain: [-0.5, 0.5],
      width: 200,
      rows: [
        { name: 'a', value: 0.25, color: [0, 0, 0] },
        { name: 'b', value: -0.25, color: [0, 0, 0] }
      ]
    })
    expect(rows[0]?.bar.x).toBeCloseTo(zeroX)
    expect((rows[1]?.bar.x ?? 0) + (rows[1]?.bar.width ?? 0)).toBeCloseTo(zeroX)
    expect(rows[0]?.bar.width).toBeCloseTo(rows[1]?.bar.width ?? 0)
    expect(rows[1]?.text).toBe('−0.250')
  })
})

it('says in the JSON beside a figure where everything came from', () => {
  const provenance = {
    studio: '0.1.0',
    checkpoint: { fileName: 'a.pth', sha256: 'ab', system: 'denseclip' },
    picture: { fileName: 'p.png', sha256: 'cd', width: 8, height: 4 },
    labels: undefined,
    classes: ['road', 'car'],
    mode: { kind: 'slide', window: 512, stride: 341 },
    input: { width: 512, height: 256 },
    provider: 'cpu',
    settings: { gammaScale: 0.5 }
  } as const
  const written: unknown = JSON.parse(describeFigure(heatmap, provenance))
  expect(written).toMatchObject({
    figure: 'heatmap',
    ...JSON.parse(JSON.stringify(provenance)),
    shown: [
      {
        title: 'car · score_map',
        tags: scorePanel.tags,
        scales: [{ tensor: 'score_map', unit: 'cosine', map: 'viridis', domain: [-0.3, 0.3] }],
        probes: [{ label: '1', x: 5, y: 3 }]
      },
      {}
    ]
  })
})

it('writes any text safely and cuts what is too long', () => {
  expect(escapeXml('a<b>&"c"\u0001\n')).toBe('a&lt;b&gt;&amp;&quot;c&quot;\ufffd\n')
  expect(fitText('short', 11, 100)).toBe('short')
  const cut = fitText('a very long name indeed', 11, 60)
  expect(cut.endsWith('…')).toBe(true)
  expect(textWidth(cut, 11)).toBeLessThanOrEqual(60)
})
