import { expect, test } from 'vitest'
import * as random from '/work/main/src/random/index.ts'
import { readData } from '/work/main/src/runtime/host.ts'
test('x', async () => {
  console.log(await readData(random.split(random.key(42))))
  console.log(await readData(random.normal(random.key(42), [])))
  console.log(await readData(random.normal(random.key(0), [3])))
  console.log(await readData(random.uniform(random.key(0), [3])))
  console.log(await readData(random.randint(random.key(0), [10], 0, 10)))
})
