import { describe, expect, it } from 'vitest'
import { indexOfClass, isSameList } from './class-names'

describe('a class of another model', () => {
  const classes = ['road', 'Traffic_Light', 'traffic sign', 'traffic light']

  it('is found by its very name first', () => {
    expect(indexOfClass(classes, 'traffic light')).toBe(3)
    expect(indexOfClass(classes, 'Traffic_Light')).toBe(1)
  })

  it('is found however it is spelled', () => {
    expect(indexOfClass(classes, 'TRAFFIC-SIGN')).toBe(2)
    expect(indexOfClass(['traffic light'], 'traffic_light')).toBe(0)
    expect(indexOfClass(['traffic-light'], ' traffic  light ')).toBe(0)
  })

  it('has no partner where the words differ', () => {
    expect(indexOfClass(classes, 'trafficlight')).toBeUndefined()
    expect(indexOfClass(classes, 'car')).toBeUndefined()
    expect(indexOfClass(classes, undefined)).toBeUndefined()
  })

  it('stands at the same place in lists that are the same', () => {
    expect(isSameList(['traffic light', 'car'], ['Traffic_Light', 'car'])).toBe(true)
    expect(isSameList(['traffic light', 'car'], ['car', 'traffic light'])).toBe(false)
    expect(isSameList(['car'], ['car', 'road'])).toBe(false)
  })
})
