import { AxeBuilder } from '@axe-core/playwright'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Locator } from '@playwright/test'
import sharp from 'sharp'
import { createEngine, type LocalEngine } from '../main/engine/engine'
import { logitsAtPicture, maskFromLogits, maskIou, maskOutline } from '../models/analysis/sam-mask'
import { classMargin, maskPrompt, peakPoints, regionBox } from '../models/analysis/score-prompts'
import type { ModelInfo, PictureInfo, RunId, RunRequest, SamPrompts } from '../models/api'
import { formatCosine, formatIou } from '../models/figures/numbers'
import { SAM_COLORS } from '../models/palettes'
import { toFloat32 } from '../models/tensor'
import { expect, Studio, test } from './studio'

/*
 * SAM in the window, beside the sample: what a click, a box and a score map give has to be what the engine's tensors
 * give for the same prompts. Its weights are random, so its masks are noise, but noise that is known.
 */

const SAM = resolve('../shared/golden-systems/sam')
const SAMPLES = resolve('resources/samples')
const DENSECLIP = join(SAMPLES, 'checkpoints/denseclip-mini-vit.pth')
const PICTURE = join(SAMPLES, 'images/day/day-0.png')
const LABELS = join(SAMPLES, 'labels/day/day-0.png')
/** side of the picture, and of SAM's square: nothing is scaled */
const SIDE = 256
/** opacity of a mask's fill, where the overlay's is 1 */
const FILL = 0.6

test.skip(!existsSync(SAM), 'needs ../shared/golden-systems')

const sam = {
  path: join(SAM, 'checkpoint.pth'),
  overrides: JSON.parse(readFileSync(join(SAM, 'config.json'), 'utf8')) as object
}

/** Starts with SAM as model B beside the sample. */
async function startWithSam(dataFolder: string, more: object = {}): Promise<Studio> {
  const choices = {
    models: [{ path: DENSECLIP }, sam],
    picturePath: PICTURE,
    labelsPath: LABELS,
    chosenClass: 'car',
    ...more
  }
  const settings = { hintsSeen: ['probe', 'classes', 'drop'] }
  await writeFile(join(dataFolder, 'workspace.json'), JSON.stringify({ version: 1, choices, settings }))
  const studio = await Studio.launch({ dataFolder })
  await studio.page.setViewportSize({ width: 1600, height: 1000 })
  await studio.ready()
  return studio
}

const paneOf = ({ page }: Studio): Locator => page.getByRole('group').filter({ has: page.getByTestId('sam-tools') })
const plotOf = (studio: Studio): Locator => paneOf(studio).getByRole('application')
const panelOf = ({ page }: Studio): Locator => page.getByTestId('sam-prompts')

interface Place {
  /** pixels of the picture, 0 at the outer edge of the first */
  readonly x: number
  readonly y: number
  /** pixels of the window, whole ones: what a mouse can point at */
  readonly screenX: number
  readonly screenY: number
}

/** Gives the place nearest to (x, y) of the picture that the mouse can point at. */
async function placing(studio: Studio): Promise<(x: number, y: number) => Place> {
  const box = await plotOf(studio).boundingBox()
  if (!box) throw new Error('the plot is not on screen')
  // the pane counts its size in whole pixels
  const [width, height] = [Math.round(box.width), Math.round(box.height)]
  const scale = Math.min(width, height) / SIDE
  const [left, top] = [box.x + (width - scale * SIDE) / 2, box.y + (height - scale * SIDE) / 2]
  return (x, y) => {
    const [screenX, screenY] = [Math.round(left + scale * x), Math.round(top + scale * y)]
    return { x: (screenX - left) / scale, y: (screenY - top) / scale, screenX, screenY }
  }
}

/** A place as SAM counts it: the picture is not scaled, and 0 is the middle of its first pixel. */
const told = ({ x, y }: Place): { x: number; y: number } => ({ x: x - 0.5, y: y - 0.5 })

/** The engine in this process, with the same files open. */
class Reference {
  private constructor(
    readonly engine: LocalEngine,
    readonly folder: string,
    readonly model: ModelInfo,
    readonly picture: PictureInfo
  ) {}
  static async open(): Promise<Reference> {
    const folder = await mkdtemp(join(tmpdir(), 'denseclip-studio-e2e-engine-'))
    const engine = createEngine({ cacheFolder: folder, threads: 1 })
    await engine.useProvider({ provider: 'cpu' })
    return new Reference(
      engine,
      folder,
      await engine.openModel({ ...sam, overrides: { ...sam.overrides } }),
      await engine.openPicture({ path: PICTURE })
    )
  }
  async close(): Promise<void> {
    await this.engine.close()
    await rm(this.folder, { recursive: true, force: true })
  }
  run(model: ModelInfo, more: Partial<RunRequest>): Promise<{ id: RunId }> {
    return this.engine.run({
      model: model.id,
      picture: this.picture.id,
      classes: model.classes,
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'published',
      want: [],
      ...more
    })
  }
  /** Of the three masks the one of which SAM expects most, at the size of the picture. */
  async mask(prompts: Omit<SamPrompts, 'name'>): Promise<{ inside: Uint8Array; iou: number; answer: number }> {
    const { id } = await this.run(this.model, { samPrompts: [{ name: 'e2e', ...prompts }] })
    const ious = toFloat32(await this.engine.tensor({ run: id, name: 'iou_predictions_e2e_multi' })).data
    const { data, shape } = toFloat32(await this.engine.tensor({ run: id, name: 'low_res_masks_e2e_multi' }))
    const [, , side = 0] = shape
    const answer = ious.indexOf(Math.max(...ious))
    const logits = data.subarray(answer * side * side, (answer + 1) * side * side)
    const square = { square: SIDE, inputWidth: SIDE, inputHeight: SIDE, width: SIDE, height: SIDE }
    return {
      inside: maskFromLogits(logitsAtPicture(logits, side, square)),
      iou: ious[answer] ?? NaN,
      answer: answer + 1
    }
  }
}

/** The window shows this mask, and nothing beside it: the picture with or without its colour, at many places. */
async function expectMask(studio: Studio, { inside, iou }: { inside: Uint8Array; iou: number }): Promise<void> {
  await expect(paneOf(studio)).toContainText(`expects IoU ${formatIou(iou)}`)
  await expect(studio.page.getByTestId('view-heatmaps')).not.toContainText('before the last change')
  await studio.page.mouse.move(2, 2)
  const picture = await sharp(PICTURE).removeAlpha().raw().toBuffer()
  const outline = maskOutline(inside, SIDE, SIDE, 3)
  const outside = maskOutline(
    Uint8Array.from(inside, (value) => 1 - value),
    SIDE,
    SIDE,
    3
  )
  // signs and boxes are drawn above it
  const marks = await plotOf(studio).locator('[data-testid=sam-marks] :is(circle, rect)').all()
  const covered = (await Promise.all(marks.map((mark) => mark.boundingBox()))).filter((box) => box !== null)
  const isCovered = (x: number, y: number): boolean =>
    covered.some((box) => {
      const [across, down] = [Math.abs(x - box.x - box.width / 2), Math.abs(y - box.y - box.height / 2)]
      const isNear = across < box.width / 2 + 3 && down < box.height / 2 + 3
      // a box covers along its sides alone
      return isNear && (box.width < 20 || across > box.width / 2 - 3 || down > box.height / 2 - 3)
    })
  const { data, info } = await sharp(await studio.page.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const place = await placing(studio)
  let compared = 0
  let wrong = 0
  for (let y = 3; y < SIDE; y += 5) {
    for (let x = 3; x < SIDE; x += 5) {
      const pixel = y * SIDE + x
      const { screenX, screenY } = place(x + 0.5, y + 0.5)
      if (outline[pixel] === 1 || outside[pixel] === 1 || isCovered(screenX, screenY)) continue
      const offset = 3 * (screenY * info.width + screenX)
      const distance = (share: number): number =>
        [0, 1, 2].reduce((sum, channel) => {
          const plain = picture[3 * pixel + channel] ?? NaN
          const expected = share * (SAM_COLORS.mask[channel] ?? NaN) + (1 - share) * plain
          return sum + Math.abs((data[offset + channel] ?? NaN) - expected)
        }, 0)
      const isRight = distance(FILL) < distance(0) === (inside[pixel] === 1)
      compared++
      if (!isRight) wrong++
    }
  }
  expect(compared).toBeGreaterThan(100)
  // on screen, pixels of the picture that differ have something between them
  expect(wrong / compared).toBeLessThan(0.02)
}

test('a click gives the mask of the engine, a box another, and undo takes it back', async ({ dataFolder }) => {
  const reference = await Reference.open()
  const studio = await startWithSam(dataFolder)
  try {
    const { page } = studio
    await page.getByRole('slider', { name: 'Opacity' }).fill('1')
    await expect(paneOf(studio)).toContainText('Click what belongs to the mask')

    const place = await placing(studio)
    const inside = place(100, 80)
    await page.mouse.click(inside.screenX, inside.screenY)
    await expectMask(studio, await reference.mask({ points: [{ ...told(inside), label: 1 }] }))
    await expect(panelOf(studio)).toContainText(`Inside at ${inside.x.toFixed(1)}, ${inside.y.toFixed(1)}`)
    await expect(paneOf(studio)).toContainText('1 point')
    const outside = place(180, 200)
    await page.mouse.click(outside.screenX, outside.screenY, { button: 'right' })
    const both = [
      { ...told(inside), label: 1 },
      { ...told(outside), label: 0 }
    ] as const
    await expectMask(studio, await reference.mask({ points: both }))
    await expect(plotOf(studio).locator('[data-sam="point-0"]')).toHaveCount(1)
    // clicks here pin nothing
    await expect(page.getByTestId('pins').getByRole('listitem')).toHaveCount(0)

    await page.keyboard.press('Control+z')
    await expect(plotOf(studio).locator('[data-sam="point-0"]')).toHaveCount(0)
    await expectMask(studio, await reference.mask({ points: both.slice(0, 1) }))
    await plotOf(studio).press('Backspace')
    await expect(paneOf(studio)).toContainText('Click what belongs to the mask')

    await paneOf(studio).getByRole('radio', { name: 'Box' }).check({ force: true })
    const [corner, other] = [place(200, 160), place(40, 60)]
    await page.mouse.move(corner.screenX, corner.screenY)
    await page.mouse.down()
    await page.mouse.move(other.screenX, other.screenY, { steps: 4 })
    await page.mouse.up()
    const [first, last] = [told(other), told(corner)]
    await expectMask(studio, await reference.mask({ points: [], box: [first.x, first.y, last.x, last.y] }))
    await expect(panelOf(studio)).toContainText(`Box ${other.x.toFixed(1)}`)
  } finally {
    await studio.close()
    await reference.close()
  }
  expect(studio.errors).toEqual([])
})

test('the score map of the class tells SAM, and its mask is compared with decoder and labels', async ({
  dataFolder
}) => {
  const reference = await Reference.open()
  const studio = await startWithSam(dataFolder)
  try {
    const { page } = studio
    await page.getByRole('slider', { name: 'Opacity' }).fill('1')
    const { engine, picture } = reference
    const denseclip = await engine.openModel({ path: DENSECLIP })
    const run = await reference.run(denseclip, { want: ['score_map', 'seg_logits_low'] })
    const { data, shape } = toFloat32(await engine.tensor({ run: run.id, name: 'score_map' }))
    const [, planes = 0, rows = 0, columns = 0] = shape

    /** What the class has SAM told, by the functions that are tested by hand. */
    const toldBy = (name: string): Omit<SamPrompts, 'name'> => {
      const margin = classMargin({ data, planes, rows, columns }, denseclip.classes.indexOf(name))
      const [left, top, right, bottom] = (regionBox(margin, 0) ?? []).map((share) => share * SIDE - 0.5)
      const side = reference.model.prompts?.maskSide ?? NaN
      const mask = maskPrompt(margin, 0, denseclip.tau, { side, spanX: 1, spanY: 1 })
      return {
        points: peakPoints(margin, 0, 3).map(({ x, y }) => ({ x: x * SIDE - 0.5, y: y * SIDE - 0.5, label: 1 })),
        box: [left ?? NaN, top ?? NaN, right ?? NaN, bottom ?? NaN],
        mask: { dtype: 'float32', shape: [1, 1, side, side], data: mask }
      }
    }
    const { points, box, mask } = toldBy('car')
    await panelOf(studio).getByRole('checkbox', { name: 'Map as mask' }).check()
    await expectMask(studio, await reference.mask({ points: [], mask }))
    await panelOf(studio).getByRole('checkbox', { name: 'Peaks as points' }).check()
    await panelOf(studio).getByRole('checkbox', { name: 'Region as box' }).check()
    const all = await reference.mask({ points, box, mask })
    await expectMask(studio, all)
    await expect(plotOf(studio).locator('[data-sam="score-point"]')).toHaveCount(points.length)
    await expect(plotOf(studio).locator('[data-sam="score-box"]')).toHaveCount(1)

    const label = denseclip.classes.indexOf('car')
    const decoder = await engine.labelMap({ run: run.id, from: 'seg_logits' })
    const labels = await engine.openLabels({ path: LABELS })
    const truth = await engine.labelPixels({ labels: labels.id, width: picture.width, height: picture.height })
    const row = (name: string): Locator => panelOf(studio).getByRole('row', { name })
    await expect(row('IoU with the decoder’s car')).toContainText(formatIou(maskIou(all.inside, decoder.labels, label)))
    await expect(row('IoU with the labels of car')).toContainText(
      formatIou(maskIou(all.inside, truth.labels, label, 255))
    )

    // another class, another prompt, and nothing else to do
    await page.getByTestId('class-list').getByRole('option', { name: 'road' }).click()
    await expectMask(studio, await reference.mask(toldBy('road')))
    await page.keyboard.press('Control+d')
  } finally {
    await studio.close()
    await reference.close()
  }
  expect(studio.errors).toEqual([])
})

test('z and SAM’s embedding are compared together, each of length one', async ({ dataFolder }) => {
  const reference = await Reference.open()
  const pins = [{ number: 1, name: '', x: 60, y: 120 }]
  const studio = await startWithSam(dataFolder, { pins })
  try {
    const { page } = studio
    const { engine } = reference
    const denseclip = await engine.openModel({ path: DENSECLIP })
    const { id: run } = await reference.run(denseclip, {})
    const { id: samRun } = await reference.run(reference.model, {})
    const name = 'visual_embedding'
    const [, , rows = 0, columns = 0] = (await engine.tensor({ run, name })).shape
    const cell = { row: Math.floor((120 * rows) / SIDE), column: Math.floor((60 * columns) / SIDE) }
    const beside = { run: samRun, name: 'image_embedding' }
    const { values } = await engine.similarCells({ run, name, ...cell, beside })
    await page.getByRole('combobox', { name: 'Overlay' }).selectOption('similar')
    await page.getByTestId('view-options').getByRole('radio', { name: 'Own' }).check({ force: true })
    // SAM's own pane shows what it has
    await expect(page.getByRole('img', { name: /^image_embedding \(cosine\)/ })).toBeVisible()
    await page.getByRole('checkbox', { name: '+ SAM' }).check()
    await expect(page.getByRole('img', { name: /^visual_embedding \+ SAM \(cosine\)/ })).toHaveAccessibleName(
      `visual_embedding + SAM (cosine): ${formatCosine(Math.min(...values))} – ${formatCosine(1)}`
    )
  } finally {
    await studio.close()
    await reference.close()
  }
  expect(studio.errors).toEqual([])
})

test('axe-core finds nothing to say about the pane and its panel', async ({ dataFolder }) => {
  const fromScores = { points: true, box: true, mask: true }
  const sam = { points: [{ x: 60, y: 120, label: 1 }], answer: 'best', fromScores, peaks: 3, threshold: 0 }
  const studio = await startWithSam(dataFolder, { sam })
  try {
    const { page } = studio
    await expect(paneOf(studio)).toContainText('4 points · box · map of car')
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
    }
  } finally {
    await studio.close()
  }
  expect(studio.errors).toEqual([])
})
