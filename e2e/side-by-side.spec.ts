import { AxeBuilder } from '@axe-core/playwright'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Locator } from '@playwright/test'
import sharp from 'sharp'
import { createEngine } from '../main/engine/engine'
import type { Probe } from '../models/results-api'
import { formatCosine } from '../models/figures/numbers'
import { expect, Studio, test } from './studio'

/*
 * Three models on one picture: panes that point and zoom together, one probe table whose numbers are the engine's, and
 * one figure of all.
 */

const SAMPLES = resolve('resources/samples')
const MODELS = ['denseclip-mini-vit.pth', 'denseclip-mini-rn.pth', 'clip-mini-rn.pt'].map((name) =>
  join(SAMPLES, 'checkpoints', name)
)
const PICTURE = join(SAMPLES, 'images/day/day-0.png')
const LABELS = join(SAMPLES, 'labels/day/day-0.png')
const PIN = { number: 1, name: '', x: 60.5, y: 140.5 }

/** Starts with the three models open; `lists` are class lists of their own. */
async function startWithThree(dataFolder: string, lists: readonly (readonly string[] | undefined)[] = []) {
  const choices = {
    models: MODELS.map((path, index) => ({ path, classes: lists[index] })),
    picturePath: PICTURE,
    labelsPath: LABELS,
    chosenClass: 'car',
    pins: [PIN]
  }
  const settings = { hintsSeen: ['probe', 'classes', 'drop'] }
  await writeFile(join(dataFolder, 'workspace.json'), JSON.stringify({ version: 1, choices, settings }))
  const studio = await Studio.launch({ dataFolder })
  await studio.page.setViewportSize({ width: 1600, height: 1000 })
  await studio.ready()
  for (const letter of ['A', 'B', 'C']) await expect(bar(studio, letter)).toBeVisible()
  await expect(studio.page.getByTestId('view-heatmaps')).not.toContainText('before the last change')
  return studio
}

const pane = ({ page }: Studio, letter: string): Locator =>
  page.getByRole('group', { name: new RegExp(`^${letter} · `) })
const bar = (studio: Studio, letter: string): Locator =>
  pane(studio, letter).getByRole('img', { name: /^score_map \(cosine\)/ })

/** What the engine says of the pin, model by model, with the names of each. */
async function probed(): Promise<{ classes: readonly string[]; probe: Probe }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'denseclip-studio-e2e-engine-'))
  const engine = createEngine({ cacheFolder: folder, threads: 1 })
  try {
    await engine.useProvider({ provider: 'cpu' })
    const picture = await engine.openPicture({ path: PICTURE })
    const answers = []
    let lent: readonly string[] = []
    for (const path of MODELS) {
      const model = await engine.openModel({ path })
      // CLIP has no list: it takes that of model A
      const classes = model.classes.length > 0 ? model.classes : lent
      lent = lent.length > 0 ? lent : classes
      const run = await engine.run({
        model: model.id,
        picture: picture.id,
        classes,
        gammaScale: 1,
        mode: { kind: 'whole' },
        scaling: 'published',
        want: ['score_map']
      })
      answers.push({ classes, probe: await engine.probe({ run: run.id, x: PIN.x, y: PIN.y, logits: false }) })
    }
    return answers
  } finally {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  }
}

test('a pin is read in all models, in one table with the numbers of the engine', async ({ dataFolder }) => {
  const studio = await startWithThree(dataFolder)
  const { page } = studio
  const table = page.getByTestId('probe').getByRole('table')
  const answers = await probed()
  const [first] = answers
  const ranked = first?.probe.values.toSorted((a, b) => (b.cosine ?? 0) - (a.cosine ?? 0)) ?? []
  for (const { classIndex } of ranked.slice(0, 6)) {
    const name = first?.classes[classIndex] ?? ''
    const row = table.getByRole('row', { name: new RegExp(`^${name} `) })
    const expected = answers.map(({ classes, probe }) => formatCosine(probe.values[classes.indexOf(name)]?.cosine))
    await expect(row.getByRole('cell')).toHaveText(expected)
  }
  const margins = table.getByRole('row', { name: /^Margin/ }).getByRole('cell')
  await expect(margins).toHaveText(answers.map(({ probe }) => formatCosine(probe.cosineMargin)))
  // each has cells of its own size
  const cells = table.getByRole('row', { name: /^Cell/ }).getByRole('cell')
  await expect(cells).toHaveText(answers.map(({ probe }) => `${probe.row}, ${probe.column}`))

  // ranked by another model, which the inspector is about from then on
  await table.getByRole('button', { name: /^C, / }).click()
  await expect(pane(studio, 'C')).toHaveAttribute('aria-current', 'true')
  const third = answers[2]
  const best = third?.probe.values.reduce((a, b) => ((b.cosine ?? 0) > (a.cosine ?? 0) ? b : a))
  await expect(table.getByRole('rowheader').nth(1)).toHaveText(third?.classes[best?.classIndex ?? 0] ?? '')
  await expect(page.getByTestId('tensors')).toContainText('logits_per_image')
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  await studio.close()
})

test('panes zoom and point together, on one scale', async ({ dataFolder }) => {
  const studio = await startWithThree(dataFolder)
  const { page } = studio
  const names = await Promise.all(['A', 'B', 'C'].map((letter) => bar(studio, letter).getAttribute('aria-label')))
  expect(new Set(names).size).toBe(1)
  await expect(pane(studio, 'B')).toContainText('scale shared by A, B, C')

  const marks = page.getByTestId('pane').locator('[data-mark="1"] path.light')
  const places = (): Promise<(string | null)[]> =>
    marks.evaluateAll((paths) => paths.map((path) => path.getAttribute('d')))
  const [before] = await places()
  await pane(studio, 'B').getByRole('application').hover()
  // the mouse is marked in every pane
  await expect(page.getByTestId('pane').locator('[data-mark=""]')).toHaveCount(3)
  await page.mouse.wheel(0, -400)
  await expect(async () => expect((await places())[0]).not.toBe(before)).toPass()
  const zoomed = await places()
  expect(zoomed).toHaveLength(3)
  expect(new Set(zoomed).size).toBe(1)
  await studio.close()
})

test('a model shows the class however it is spelled, and says which it does not have', async ({ dataFolder }) => {
  const studio = await startWithThree(dataFolder, [undefined, undefined, ['Traffic_Light', 'Car', 'zebra']])
  const { page } = studio
  await expect(pane(studio, 'C')).toContainText('Car · score_map')
  await page
    .getByTestId('class-list')
    .getByRole('option', { name: /^traffic light/ })
    .click()
  await expect(pane(studio, 'C')).toContainText('Traffic_Light · score_map')
  await page.getByTestId('class-list').getByRole('option', { name: /^sky/ }).click()
  await expect(pane(studio, 'C')).toContainText('C has no class “sky”.')
  await expect(pane(studio, 'B')).toContainText('sky · score_map')
  const row = page.getByTestId('probe').getByRole('row', { name: /^sky/ })
  await expect(row.getByTitle('C has no class “sky”')).toHaveText('—')
  await studio.close()
})

test('all panes are exported as one figure, each shows what it is told to', async ({ dataFolder }) => {
  const studio = await startWithThree(dataFolder)
  const { page } = studio
  await pane(studio, 'B').getByRole('combobox', { name: 'What the pane of B shows' }).selectOption('decoder-argmax')
  await expect(pane(studio, 'B')).toContainText('argmax of seg_logits')
  await expect(pane(studio, 'A')).toContainText('car · score_map')
  await expect(pane(studio, 'A')).toContainText('scale shared by A, C')
  await expect(page.getByTestId('view-heatmaps').getByRole('progressbar')).toHaveCount(0)

  const target = join(dataFolder, 'three.svg')
  await studio.saveInDialogs(target)
  await page.getByRole('button', { name: 'Export…' }).click()
  await expect(page.getByText(/^Exported /)).toBeVisible()
  const svg = await readFile(target, 'utf8')
  for (const title of [
    'A · denseclip-mini-vit.pth (DenseCLIP) · car · score_map',
    'B · denseclip-mini-rn.pth (DenseCLIP) · argmax of seg_logits',
    'C · clip-mini-rn.pt (CLIP) · car · score_map'
  ]) {
    expect(svg).toContain(title)
  }
  const figure = await sharp(join(dataFolder, 'three.png')).metadata()
  expect(figure.width).toBeGreaterThan(2000)
  const origins = JSON.parse(await readFile(join(dataFolder, 'three.json'), 'utf8')) as {
    checkpoint: { fileName: string; system: string }
  }[]
  expect(origins.map(({ checkpoint }) => checkpoint.system)).toEqual(['denseclip', 'denseclip', 'clip'])
  await studio.close()
})
