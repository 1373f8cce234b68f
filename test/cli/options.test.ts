import { describe, expect, test } from 'vitest'
import { BENCH_DEFAULTS, LEARNING_RATES, TRAIN_DEFAULTS } from '../../src/cli/defaults.ts'
import { COMMANDS } from '../../src/cli/flags.ts'
import { helpText } from '../../src/cli/help.ts'
import { parseCommandLine } from '../../src/cli/options.ts'

const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean))
const fault = (line: string): string => {
  try {
    return `no error: ${JSON.stringify(parse(line))}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('wgrad train', () => {
  test('without options takes every default, and leaves out what was not given', () => {
    expect(parse('train mnist')).toEqual({
      command: 'train',
      settings: { ...TRAIN_DEFAULTS, dataset: 'mnist', learningRate: LEARNING_RATES.momentum, json: false },
    })
  })

  test('takes every option, apart from its value or joined with "="', () => {
    const line =
      'train --model mlp mnist --epochs 2 --batch-size=64 --optimizer adam --learning-rate 2e-3 --seed 7 ' +
      '--device webgpu --data-dir ../a/b --train-count 100 --test-count=50 --json'
    expect(parse(line)).toEqual({
      command: 'train',
      settings: {
        dataset: 'mnist',
        model: 'mlp',
        optimizer: 'adam',
        device: 'webgpu',
        epochs: 2,
        batchSize: 64,
        learningRate: 0.002,
        seed: 7,
        json: true,
        dataDir: '../a/b',
        trainCount: 100,
        testCount: 50,
      },
    })
  })

  test.each(['sgd', 'momentum', 'adam'] as const)('gives %s its own learning rate', (optimizer) => {
    const invocation = parse(`train mnist --optimizer ${optimizer}`)
    expect(invocation).toMatchObject({ settings: { learningRate: LEARNING_RATES[optimizer] } })
  })

  test.each([
    ['--epochs 0', '--epochs must be a whole number from 1 to 1000000000, not "0".'],
    ['--epochs -1', '--epochs must be a whole number from 1 to 1000000000, not "-1".'],
    ['--epochs 2.5', 'not "2.5".'],
    ['--epochs two', 'not "two".'],
    ['--batch-size 1e2', 'not "1e2".'],
    ['--batch-size NaN', 'not "NaN".'],
    ['--seed 4294967296', '--seed must be a whole number from 0 to 4294967295, not "4294967296".'],
    ['--learning-rate 0', '--learning-rate must be a number above 0, such as 0.05 or 1e-3, not "0".'],
    ['--learning-rate -0.1', 'not "-0.1".'],
    ['--learning-rate Infinity', 'not "Infinity".'],
    ['--learning-rate 1e999', 'not "1e999".'],
    ['--learning-rate 0x10', 'not "0x10".'],
    ['--train-count 0', '--train-count must be'],
    ['--test-count x', '--test-count must be'],
    ['--device gpu', '--device must be auto, webgpu or cpu, not "gpu". Did you mean "webgpu"?'],
    ['--optimizer adamw', '--optimizer must be sgd, momentum or adam, not "adamw". Did you mean "adam"?'],
    ['--model cnn', '--model must be mlp, not "cnn".'],
    ['--epochs', '--epochs needs a value: --epochs N.'],
    ['--data-dir=', '--data-dir needs a value: --data-dir FOLDER.'],
    ['--epochs --json', '--epochs needs a value, but the option --json follows.'],
    ['--json=yes', '--json takes no value, but "yes" was given.'],
    ['--epoch 3', 'unknown option --epoch. Did you mean "--epochs"?'],
    ['--lr 3', 'unknown option --lr. Did you mean "--learning-rate"?'],
    ['--verbose', 'unknown option --verbose. See wgrad train --help.'],
    ['--leraning-rate 3', 'Did you mean "--learning-rate"?'],
    ['--batchsize 3', 'Did you mean "--batch-size"?'],
    ['--__proto__ 3', 'unknown option --__proto__.'],
    ['--constructor 3', 'unknown option --constructor.'],
    ['-x', 'unknown option -x.'],
    ['again', 'unexpected word "again" after wgrad train mnist.'],
  ])('refuses %s', (options, message) => {
    expect(fault(`train mnist ${options}`)).toContain(message)
  })

  test('wants a data set that it knows', () => {
    expect(fault('train')).toContain('wgrad train mnist')
    expect(fault('train minst')).toBe('the dataset must be mnist, not "minst". Did you mean "mnist"?')
  })
})

test('help is found wherever it is asked for', () => {
  for (const line of ['', '--help', '-h', 'help']) expect(parse(line)).toEqual({ command: 'help', topic: null })
  for (const line of ['train --help', 'train mnist --epochs 2 -h', 'help train', '--help train']) {
    expect(parse(line)).toEqual({ command: 'help', topic: 'train' })
  }
})

test('version and doctor are read', () => {
  expect(parse('--version')).toEqual({ command: 'version' })
  expect(parse('doctor --json')).toEqual({ command: 'doctor', json: true })
})

describe('wgrad bench', () => {
  const { model, device, batchSizes, seconds, profiledBatchSize } = BENCH_DEFAULTS

  test('without options takes every default', () => {
    const settings = { model, device, batchSizes, seconds, profile: false, source: false, json: false }
    expect(parse('bench')).toEqual({ command: 'bench', settings })
    expect(parse('bench --profile')).toMatchObject({ settings: { profile: true, batchSizes: [profiledBatchSize] } })
  })

  test('takes every option', () => {
    expect(
      parse('bench --model cnn --batch-size 32 --seconds 0.5 --device cpu --profile --source --trace a.json --json'),
    ).toEqual({
      command: 'bench',
      settings: {
        model: 'cnn',
        device: 'cpu',
        batchSizes: [32],
        seconds: 0.5,
        profile: true,
        source: true,
        trace: 'a.json',
        json: true,
      },
    })
    expect(parse('bench --batch-size 1,8,128 --profile')).toMatchObject({ settings: { batchSizes: [1, 8, 128] } })
  })

  test.each([
    ['mlp', 'unexpected word "mlp" after wgrad bench.'],
    ['--model resnet', '--model must be mlp, mlp-large or cnn, not "resnet".'],
    ['--batch-size 1,,8', '--batch-size must be a whole number from 1 to 1000000, not "".'],
    ['--batch-size 0', 'not "0".'],
    ['--batch-size 1,x', 'not "x".'],
    ['--seconds 0', '--seconds must be a number above 0'],
    ['--device gpu', 'Did you mean "webgpu"?'],
    ['--trace a.json', '--trace goes with --profile: wgrad bench --profile.'],
    ['--source', '--source goes with --profile'],
    ['--profile --trace', '--trace needs a value: --trace FILE.'],
    ['--profile --trace a.json --batch-size 1,8', '--trace takes one batch size, not 1,8'],
    ['--profil', 'Did you mean "--profile"?'],
  ])('refuses %s', (options, message) => {
    expect(fault(`bench ${options}`)).toContain(message)
  })
})

test('a mistyped command gets a suggestion, any other unknown one the list', () => {
  expect(fault('trian mnist')).toBe('unknown command "trian". Did you mean "train"?')
  expect(fault('doc')).toBe('unknown command "doc". Did you mean "doctor"?')
  expect(fault('evaluate')).toBe(
    'unknown command "evaluate". The commands are train, doctor or bench; see wgrad --help.',
  )
  expect(fault('--verison')).toBe('unknown option --verison. Did you mean "--version"?')
})

test('the help names every option of every command, within 110 columns', () => {
  for (const [name, { flags }] of Object.entries(COMMANDS)) {
    const text = helpText(name as keyof typeof COMMANDS)
    for (const flag of Object.keys(flags)) expect(text).toContain(`--${flag}`)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
  }
  expect(helpText(null)).toContain('wgrad train mnist')
})
