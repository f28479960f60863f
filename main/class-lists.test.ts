import { join } from 'node:path'
import { expect, test } from 'vitest'
import { classLists } from './class-lists'

test('the lists of the data sets have as many classes as those, in their order', async () => {
  const lists = await classLists(join('resources', 'class-lists'))
  expect(lists.map(({ name, classes }) => [name, classes.length, new Set(classes).size])).toEqual([
    ['ADE20K', 150, 150],
    ['Cityscapes', 19, 19],
    ['PASCAL Context', 59, 59],
    ['PASCAL VOC', 20, 20]
  ])
  // with the space that checkpoints have it with
  expect(lists[0]?.classes.slice(0, 8)).toEqual(['wall', 'building', 'sky', 'floor', 'tree', 'ceiling', 'road', 'bed '])
  expect(lists[1]?.classes.at(-1)).toBe('bicycle')
})
