import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, describe, expect, it, vi } from 'vitest'
import Splitter from './Splitter.svelte'

afterEach(cleanup)

function splitter(side: 'left' | 'right', open = true, width = 240) {
  const onWidth = vi.fn()
  const onToggle = vi.fn()
  render(Splitter, {
    label: 'Library',
    side,
    width,
    min: 180,
    max: 300,
    open,
    controls: 'library',
    onWidth,
    onToggle
  })
  return { line: screen.getByRole('separator'), onWidth, onToggle }
}

describe('a splitter', () => {
  it('changes the width by arrow keys, towards the side it is on', async () => {
    const left = splitter('left')
    await fireEvent.keyDown(left.line, { key: 'ArrowRight' })
    expect(left.onWidth).toHaveBeenLastCalledWith(256)
    cleanup()
    const right = splitter('right')
    await fireEvent.keyDown(right.line, { key: 'ArrowRight' })
    expect(right.onWidth).toHaveBeenLastCalledWith(224)
  })

  it('keeps the width within its limits', async () => {
    const { line, onWidth } = splitter('left', true, 184)
    await fireEvent.keyDown(line, { key: 'ArrowLeft' })
    expect(onWidth).toHaveBeenLastCalledWith(180)
  })

  it('closes and opens by double-click and Enter, and says when it is closed', async () => {
    const { line, onToggle } = splitter('left', false)
    await fireEvent.dblClick(line)
    await fireEvent.keyDown(line, { key: 'Enter' })
    expect(onToggle).toHaveBeenCalledTimes(2)
    expect(line.getAttribute('aria-valuenow')).toBe('0')
  })
})
