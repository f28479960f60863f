import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatCosine } from '../models/figures/numbers'
import {
  CHECKPOINT,
  COLUMNS,
  GOLDEN,
  ROWS,
  goldenClasses,
  golden,
  hasGolden,
  hoverCell,
  readNpy,
  runUnscaled,
  settled,
  title,
  writeGoldenPicture
} from './golden'
import { expect, test, type Studio } from './studio'

/* The class list is edited in the window; the numbers are those that the same engine gives without one. */

test.skip(!hasGolden, 'needs ../shared/golden')

const list = ({ page }: Studio) => page.getByTestId('class-list')
const field = ({ page }: Studio) => page.getByTestId('class-name')
const option = (studio: Studio, name: string) => list(studio).getByRole('option', { name })
const names = (studio: Studio) =>
  list(studio)
    .locator('[data-class]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-class')))

async function open(studio: Studio, folder: string): Promise<void> {
  await studio.ready()
  await studio.openPaths([CHECKPOINT, await writeGoldenPicture(folder)])
  await expect(studio.page.getByTestId('model-card')).toContainText('checkpoint.pth')
  await runUnscaled(studio)
  await studio.page.getByTestId('classes').getByRole('radio', { name: 'List' }).check({ force: true })
  await settled(studio)
}

/** The score map of other classes, as the command line computes it. */
async function scoresOf(classes: readonly string[], folder: string): Promise<Float32Array> {
  const words = ['scripts/cli.mjs', 'tensors', CHECKPOINT, '--input', join(GOLDEN, 'input.npy'), '--out', folder]
  await promisify(execFile)(process.execPath, [...words, '--tensors', 'score_map', '--classes', classes.join(',')])
  return readNpy(join(folder, 'score_map.npy'))
}

async function expectScores(studio: Studio, classes: readonly string[], scores: Float32Array): Promise<void> {
  for (const [row, column] of [
    [0, 1],
    [2, 3]
  ] as const) {
    await hoverCell(studio, row, column)
    const probe = studio.page.getByTestId('probe')
    await expect(probe).toContainText(`row ${row}, column ${column}`)
    for (const [index, name] of classes.entries()) {
      const cosine = formatCosine(scores[(index * ROWS + row) * COLUMNS + column])
      await expect(probe.getByRole('row', { name: new RegExp(`^${name} `) })).toContainText(cosine)
    }
  }
}

test('renaming, adding and removing change the numbers as the engine says, and undo brings them back', async ({
  studio,
  dataFolder
}) => {
  await open(studio, dataFolder)
  const { page } = studio
  const [first = '', ...others] = goldenClasses()

  // F2 on the chosen class
  await option(studio, first).click()
  await page.keyboard.press('F2')
  await field(studio).fill('car')
  await page.keyboard.press('Enter')
  await expect(title(studio)).toHaveText('car · score_map')
  await settled(studio)
  await expectScores(studio, ['car', ...others], await scoresOf(['car', ...others], join(dataFolder, 'renamed')))
  // as many classes as before: the decoder answers too
  await expect(page.getByTestId('probe').getByRole('row', { name: 'car' })).toContainText(/[+−]\d+\.\d{2}$/)

  // one more than the decoder was trained for
  await page.getByRole('button', { name: 'Add a class' }).click()
  await field(studio).fill('bus')
  await page.keyboard.press('Enter')
  const six = ['car', ...others, 'bus']
  await expect.poll(() => names(studio)).toEqual(six)
  await expect(title(studio)).toHaveText('bus · score_map')
  await settled(studio)
  await expectScores(studio, six, await scoresOf(six, join(dataFolder, 'added')))
  await expect(page.getByTestId('decoder-note')).toContainText('trained for 5 classes')
  await expect(page.getByRole('alert')).toHaveCount(0)

  // Del removes the chosen one
  await option(studio, 'bus').click()
  await page.keyboard.press('Delete')
  await expect(page.getByTestId('decoder-note')).toHaveCount(0)
  await expect.poll(() => names(studio)).toEqual(['car', ...others])

  for (const expected of [six, ['car', ...others], [first, ...others]]) {
    // the choices of classes in between are steps of their own
    await expect
      .poll(async () => {
        await page.keyboard.press('ControlOrMeta+Z')
        return names(studio)
      })
      .toEqual(expected)
  }
  await settled(studio)
  await expectScores(studio, [first, ...others], await golden('score_map'))
})

test('numbers go with their names when the list is put in another order', async ({ studio, dataFolder }) => {
  await open(studio, dataFolder)
  const { page } = studio
  const classes = goldenClasses()
  const [first = '', second = '', ...others] = classes
  await option(studio, first).click()
  await page.keyboard.press('Alt+ArrowDown')
  await expect.poll(() => names(studio)).toEqual([second, first, ...others])
  await expect(page.getByTestId('classes')).toContainText('Edited')
  await settled(studio)
  // the context decoder sees the classes as a set, so their order does not matter
  await expectScores(studio, classes, await golden('score_map'))
  await page.getByRole('button', { name: 'Back to the checkpoint’s classes' }).click()
  await expect.poll(() => names(studio)).toEqual(classes)
  await expect(page.getByTestId('classes')).not.toContainText('Edited')
})

test('a name that does not fit, is there already or is empty is told and not taken', async ({ studio, dataFolder }) => {
  await open(studio, dataFolder)
  const { page } = studio
  const classes = goldenClasses()
  const [first = '', second = ''] = classes
  const fault = page.getByTestId('class-list').getByRole('alert')
  await option(studio, first).dblclick()

  await field(studio).fill('a red double decker bus')
  await expect(fault).toHaveText('Too long: 5 tokens, 3 fit')
  await page.keyboard.press('Enter')
  await expect(field(studio)).toBeVisible()
  await expect(field(studio)).toHaveAttribute('aria-invalid', 'true')

  await field(studio).fill(second)
  await expect(fault).toHaveText('This name is in the list already')

  await field(studio).fill('red bus')
  await expect(fault).toHaveText('')
  await page.keyboard.press('Escape')
  await expect(field(studio)).toHaveCount(0)
  expect(await names(studio)).toEqual(classes)
  await expect(page.getByTestId('classes')).not.toContainText('Edited')
})
