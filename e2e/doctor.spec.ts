import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Studio } from './studio'

/* The inside of checkpoints: families, numbers that can be set, tensors, and what differs. */

const VIT = resolve('../shared/golden/vit-tiny/checkpoint.pth')
const CLIP = resolve('../shared/golden-systems/clip-vit/checkpoint.safetensors')
const hasGolden = existsSync(VIT) && existsSync(CLIP)

const view = ({ page }: Studio) => page.getByTestId('view-checkpoint')
const fact = (studio: Studio, key: string) => view(studio).locator(`[data-testid=fact][data-key=${key}]`)
const row = (studio: Studio, name: string) => view(studio).locator(`[data-key="${name}"]`)

function safetensors(entries: object, values: Buffer): Buffer {
  const header = Buffer.from(JSON.stringify(entries))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, values])
}

async function show(studio: Studio): Promise<void> {
  await studio.ready()
  await studio.page.keyboard.press('2')
  await expect(studio.page.getByTestId('doctor-family')).toBeVisible()
}

async function expectAccessible({ page }: Studio, state: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => html).join('\n')}`)
    expect.soft(found, `${state}, ${colorScheme}`).toEqual([])
  }
}

test('the sample from the inside: family, every tensor, what its values are like', async ({ studio, dataFolder }) => {
  await show(studio)
  const { page } = studio
  await expect(page.getByTestId('doctor-family')).toHaveText('DenseCLIP')
  await expect(page.getByTestId('doctor-not-finite')).toContainText('not counted')
  await page.getByRole('button', { name: 'Count', exact: true }).click()
  await expect(page.getByTestId('doctor-not-finite')).toContainText('none: every value is finite')

  await page.getByRole('searchbox', { name: 'Search tensors' }).fill('gamma')
  await row(studio, 'gamma').click()
  const detail = page.getByTestId('doctor-tensor')
  await expect(detail.getByTestId('histogram')).toBeVisible()
  await expect(detail).toContainText('L2 norm')
  await detail.getByRole('checkbox', { name: 'Log counts' }).check()
  await expectAccessible(studio, 'a tensor')

  await studio.saveInDialogs(join(dataFolder, 'gamma.svg'))
  await detail.getByRole('button', { name: 'Export…' }).click()
  await expect(page.getByTestId('toast')).toContainText('gamma.svg')
  expect(await readFile(join(dataFolder, 'gamma.svg'), 'utf8')).toContain('<rect')
  expect(JSON.parse(await readFile(join(dataFolder, 'gamma.json'), 'utf8'))).toMatchObject({ tensor: 'gamma', nan: 0 })

  // the tree goes by keys
  await page.getByRole('searchbox', { name: 'Search tensors' }).fill('')
  const tree = page.getByTestId('doctor-keys')
  const branch = row(studio, 'backbone')
  await branch.click({ position: { x: 60, y: 12 } })
  await expect(branch).toHaveAttribute('aria-expanded', 'true')
  await tree.press('ArrowLeft')
  await expect(branch).toHaveAttribute('aria-expanded', 'false')
  await tree.press('ArrowRight')
  await expect(branch).toHaveAttribute('aria-expanded', 'true')
  await tree.press('ArrowDown')
  await expect(tree.getByRole('treeitem', { selected: true })).toHaveAttribute('aria-level', '2')
})

test.describe('numbers that shapes cannot tell', () => {
  test.skip(!hasGolden, 'needs ../shared')
  test('are set, change the run, and go back to the rule; one that cannot be changes nothing', async ({ studio }) => {
    await studio.ready()
    const { page } = studio
    await studio.openPaths([VIT])
    const score = page.getByRole('img', { name: /^score_map \(cosine\)/ })
    await expect(page.getByTestId('model-card')).toContainText('checkpoint.pth')
    await expect(score).toBeVisible()
    await expect(page.getByTestId('view-heatmaps')).not.toContainText('before the last change')
    const before = await score.getAttribute('aria-label')
    await page.keyboard.press('2')
    const heads = fact(studio, 'heads')
    await expect(heads).toHaveAttribute('data-source', /rule|config/)
    const rule = await heads.getByRole('textbox').inputValue()

    await heads.getByRole('textbox').fill('7')
    await heads.getByRole('textbox').press('Enter')
    await expect(view(studio).getByRole('alert')).toContainText('heads is 7, which does not divide')
    await expect(heads.getByRole('textbox')).toHaveValue('7')
    await expect(heads).not.toHaveAttribute('data-source', 'user')
    await expectAccessible(studio, 'a refused number')

    const other = rule === '1' ? '2' : '1'
    await heads.getByRole('textbox').fill(other)
    await heads.getByRole('textbox').press('Enter')
    await expect(heads).toHaveAttribute('data-source', 'user')
    await expect(heads).toContainText('user')
    await page.getByRole('tab', { name: 'Heatmaps' }).click()
    await expect(page.getByTestId('view-heatmaps')).not.toContainText('before the last change')
    await expect(score).not.toHaveAttribute('aria-label', before ?? '')

    await page.getByRole('tab', { name: 'Checkpoint' }).click()
    await heads.getByRole('button', { name: /^Back to the rule/ }).click()
    await expect(heads).not.toHaveAttribute('data-source', 'user')
    await expect(heads.getByRole('textbox')).toHaveValue(rule)
  })
})

test('a file of no known family is browsed', async ({ studio, dataFolder }) => {
  await studio.ready()
  const { page } = studio
  const entries = {
    'odd.block.0.weight': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    'odd.block.1.weight': { dtype: 'F16', shape: [2], data_offsets: [16, 20] }
  }
  const values = Buffer.concat([Buffer.from(Float32Array.of(1, NaN, -1, 3).buffer), Buffer.from([0, 0x3c, 0, 0x40])])
  const path = join(dataFolder, 'odd.safetensors')
  await writeFile(path, safetensors(entries, values))
  await studio.openPaths([path])
  await page.getByTestId('model-error').getByRole('button', { name: 'Look inside' }).click()
  await expect(page.getByTestId('doctor-family')).toHaveText('No family knows this file')
  await row(studio, 'odd.block.0.weight').click()
  await expect(page.getByTestId('doctor-tensor')).toContainText('2 × 2')
  await expect(page.getByTestId('histogram')).toBeVisible()
  await page.getByRole('button', { name: 'Count', exact: true }).click()
  await expect(page.getByTestId('doctor-not-finite')).toContainText('1 value in 1 tensor')
  await expect(row(studio, 'odd.block.0.weight')).toContainText('not finite')
  // the model that was open is open still
  await expect(page.getByTestId('model-card')).toContainText('denseclip-mini-vit.pth')
})

test('a file that its family refuses opens with the number that it does not tell', async ({ studio, dataFolder }) => {
  await studio.ready()
  const { page } = studio
  const shapes = {
    'token_embedding.weight': [8, 64],
    positional_embedding: [7, 64],
    text_projection: [64, 48],
    'visual.proj': [200, 48],
    'visual.conv1.weight': [200, 3, 4, 4],
    'visual.class_embedding': [200],
    'visual.positional_embedding': [5, 200],
    'visual.transformer.resblocks.0.ln_1.weight': [200]
  }
  let end = 0
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const start = end
    end += 2 * shape.reduce((product, size) => product * size, 1)
    return [name, { dtype: 'F16', shape, data_offsets: [start, end] }] as const
  })
  const path = join(dataFolder, 'odd-clip.safetensors')
  await writeFile(path, safetensors(Object.fromEntries(entries), Buffer.alloc(end)))
  await studio.openPaths([path])
  await page.getByTestId('model-error').getByRole('button', { name: 'Look inside' }).click()
  await expect(page.getByTestId('doctor-overview')).toContainText('heads is 3, which does not divide the width 200')
  const heads = fact(studio, 'heads').getByRole('textbox')
  await heads.fill('4')
  await heads.press('Enter')
  await expect(page.getByTestId('doctor-family')).toHaveText('CLIP')
  await expect(fact(studio, 'heads')).toHaveAttribute('data-source', 'user')
  await expect(page.getByTestId('model-card')).toHaveCount(2)
  await expect(page.getByTestId('doctor-tree').getByRole('group')).toContainText('missing')
})

test.describe('two checkpoints', () => {
  test.skip(!hasGolden, 'needs ../shared')

  test('differ key by key', async ({ studio, dataFolder }) => {
    await show(studio)
    const { page } = studio
    const changed = join(dataFolder, 'changed.safetensors')
    await copyFile(CLIP, changed)
    const bytes = await readFile(CLIP)
    const headerLength = Number(bytes.readBigUInt64LE(0))
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as Record<
      string,
      { data_offsets: [number, number] }
    >
    const at = 8 + headerLength + (header['vision_model.embeddings.class_embedding']?.data_offsets[0] ?? 0)
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
    await writeFile(changed, bytes)

    await studio.chooseInDialogs([CLIP])
    await page.getByRole('button', { name: 'Look into a file…' }).click()
    await expect(page.getByTestId('doctor-family')).toHaveText('CLIP')
    await expect(page.getByTestId('doctor-tree').getByRole('group')).toContainText('renamed')
    await page.getByRole('radio', { name: 'Compare' }).check({ force: true })
    await studio.chooseInDialogs([changed])
    await page.getByRole('combobox', { name: 'Compared with' }).selectOption('file')
    await expect(page.getByTestId('compare-summary')).toContainText('1 differs')
    const rows = page.getByTestId('compare-rows').getByRole('option')
    await expect(rows).toHaveCount(1)
    await expect(rows).toContainText('visual.class_embedding')
    await expectAccessible(studio, 'a comparison')
    await page.getByRole('checkbox', { name: 'Only differences' }).uncheck()
    await expect(rows).not.toHaveCount(1)

    await studio.saveInDialogs(join(dataFolder, 'difference.csv'))
    await page.getByRole('button', { name: 'Export CSV…' }).click()
    await expect(page.getByTestId('toast')).toContainText('difference.csv')
    expect(await readFile(join(dataFolder, 'difference.csv'), 'utf8')).toMatch(/^visual\.class_embedding,differs,/m)

    await page.getByRole('button', { name: 'Swap the two' }).click()
    await expect(page.getByTestId('compare-summary')).toContainText('1 differs')
    // another model of the studio
    await page.getByRole('combobox', { name: 'Compared with' }).selectOption('0')
    await expect(page.getByTestId('compare-summary')).toContainText('not of one family')
  })
})
