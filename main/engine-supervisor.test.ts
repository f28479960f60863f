import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { EngineState } from '#models/shell'
import { EngineSupervisor, MAX_DEATHS } from './engine-supervisor'

class Child extends EventEmitter {
  readonly ports: string[] = []
  killed = false
  postMessage(_message: unknown, ports: string[]): void {
    this.ports.push(...ports)
  }
  kill(): boolean {
    this.killed = true
    return true
  }
}

function supervised() {
  const children: Child[] = []
  const states: EngineState[] = []
  let time = 0
  const supervisor = new EngineSupervisor<string>(
    () => {
      const child = new Child()
      children.push(child)
      return child
    },
    (state) => states.push(state),
    () => time
  )
  return {
    supervisor,
    children,
    states,
    newest: () => children[children.length - 1] as Child,
    wait: (milliseconds: number) => (time += milliseconds)
  }
}

test('it is starting, then ready', () => {
  const { supervisor, states, newest } = supervised()
  expect(supervisor.state).toEqual({ state: 'starting' })
  newest().emit('spawn')
  expect(states).toEqual([{ state: 'ready' }])
})

test('a death is told with its reason, and a new process started', () => {
  const { supervisor, children, states, newest } = supervised()
  newest().emit('spawn')
  newest().emit('exit', 9)
  expect(states.at(-1)).toEqual({ state: 'restarting', reason: 'it was killed, perhaps for want of memory' })
  newest().emit('spawn')
  expect(supervisor.state).toEqual({ state: 'ready' })
  expect(children).toHaveLength(2)
})

test('a status without a meaning is named as it is', () => {
  const { states, newest } = supervised()
  newest().emit('exit', 3)
  expect(states.at(-1)).toEqual({ state: 'restarting', reason: 'it ended with status 3' })
})

test('many deaths in a short time end the attempts, until somebody asks for one more', () => {
  const { supervisor, children, newest } = supervised()
  for (let death = 0; death < MAX_DEATHS; death++) newest().emit('exit', 134)
  expect(supervisor.state).toEqual({
    state: 'failed',
    reason: 'it gave up on an error of its own, 3 times within a minute'
  })
  expect(children).toHaveLength(MAX_DEATHS)

  supervisor.restart()
  newest().emit('spawn')
  expect(supervisor.state).toEqual({ state: 'ready' })
  newest().emit('exit', 134)
  expect(supervisor.state.state).toBe('restarting') // the old deaths are forgotten
})

test('deaths far apart never end the attempts', () => {
  const { supervisor, newest, wait } = supervised()
  for (let death = 0; death < 3 * MAX_DEATHS; death++) {
    newest().emit('exit', 11)
    wait(61_000)
  }
  expect(supervisor.state.state).toBe('restarting')
})

test('a restart kills at once, counts as no death, and the late exit of the old process changes nothing', () => {
  const { supervisor, children, newest } = supervised()
  for (let time = 0; time < 3 * MAX_DEATHS; time++) {
    const old = newest()
    supervisor.restart()
    expect(old.killed).toBe(true)
    expect(supervisor.state).toEqual({ state: 'restarting', reason: 'ended on request' })
    newest().emit('spawn')
    old.emit('exit', 15)
    expect(supervisor.state).toEqual({ state: 'ready' })
  }
  expect(children).toHaveLength(3 * MAX_DEATHS + 1)
})

test('ports go to the process that runs now', () => {
  const { supervisor, children } = supervised()
  supervisor.connect('first')
  supervisor.restart()
  supervisor.connect('second')
  expect(children.map((child) => child.ports)).toEqual([['first'], ['second']])
})

test('after a stop nothing is started', () => {
  const { supervisor, children, newest } = supervised()
  supervisor.stop()
  expect(newest().killed).toBe(true)
  newest().emit('exit', 15)
  expect(children).toHaveLength(1)
})
