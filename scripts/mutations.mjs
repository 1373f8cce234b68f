// Mutants of the VJP rules: the text of one file of src/primitives in; the rules that it declares out, each with the changes of
// one sign or operand that a gradient check has to notice.

import { parseSync } from 'vite'

/** Functions that stand for each other in a mutant; a name is used only where the file knows it. */
const OTHER = {
  add: 'sub',
  sub: 'add',
  mul: 'add',
  div: 'mul',
  sin: 'cos',
  cos: 'sin',
  greater: 'less',
  less: 'greater',
}
const ORDERED = new Set(['sub', 'div', 'matmul', 'pow'])

/** The rules of a file: `{ name, mutants: [{ what, text }] }`, `text` being the whole mutated file. */
export function mutationsOf(path, text) {
  const { program, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  const rules = []
  for (const statement of program.body) {
    const declaration = statement.declaration ?? statement
    if (declaration.type === 'FunctionDeclaration' && declaration.id.name.endsWith('Vjp')) {
      rules.push({ name: declaration.id.name, node: declaration.body, constant: false })
    }
    if (declaration.type !== 'VariableDeclaration') continue
    for (const { id, init } of declaration.declarations) {
      const properties = descendants(init).filter((node) => node.type === 'Property' && node.key.name === 'vjp')
      for (const { value } of properties) {
        if (value.type === 'Identifier') continue // a shared rule, which is mutated where it stands
        rules.push({ name: id.name, node: value, constant: isConstant(value), differentiable: isDifferentiable(init) })
      }
    }
  }
  return rules
    .filter((rule) => !rule.constant || rule.differentiable)
    .map(({ name, node, constant }) => {
      const edits = constant ? [{ node, by: '({ cotangent }) => [cotangent]' }] : editsOf(node, text)
      return { name, mutants: edits.map(({ node: { start, end }, by }) => mutant(text, start, end, by)) }
    })
}

function mutant(text, start, end, by) {
  const line = text.slice(0, start).split('\n').length
  const what = `line ${line}: ${text.slice(start, end)} -> ${by}`.replaceAll(/\s+/g, ' ')
  // the import is lazy in effect: rules run long after all modules are loaded
  return {
    what,
    text: `${text.slice(0, start)}${by}${text.slice(end)}\nimport { neg as negated } from './elementwise.ts'\n`,
  }
}

/** Whether a rule gives no cotangents at all. */
function isConstant(node) {
  const body = node.body
  return (
    body?.type === 'ArrayExpression' &&
    body.elements.every((element) => element.type === 'Literal' && element.value === null)
  )
}

function isDifferentiable(init) {
  return !descendants(init).some((node) => node.type === 'Property' && node.key.name === 'differentiable')
}

/** Replacements of nodes in a rule. */
function editsOf(rule, text) {
  const source = (node) => text.slice(node.start, node.end)
  const known = (name) => new RegExp(`\\b(const|function|import\\b[^\\n]*)[^\\n]*\\b${name}\\b`).test(text)
  const shapeOnly = new Set() // operands that give a shape or a comparison of identity, not a value
  const edits = []
  const edit = (node, by) => {
    if (source(node) !== by) edits.push({ node, by })
  }
  for (const node of descendants(rule)) {
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier') {
      const { name } = node.callee
      const [first, second] = node.arguments
      if (name === 'fullLike') {
        descendants(first).forEach((inner) => shapeOnly.add(inner))
        if (second?.type === 'Literal') edit(second, String(second.value + 1))
      }
      const operands = first?.type === 'ArrayExpression' ? first.elements : []
      if (name === 'neg') edit(node, source(operands[0]))
      else if (OTHER[name] !== undefined && known(OTHER[name]) && operands.length > 0) edit(node.callee, OTHER[name])
      if (operands.length === 2 && ORDERED.has(name)) edit(first, `[${source(operands[1])}, ${source(operands[0])}]`)
      if (operands.length === 2 && name === 'mul') edit(first, `[${source(operands[0])}, ${source(operands[0])}]`)
      if (operands.length === 3 && name === 'select')
        edit(first, `[${source(operands[0])}, ${source(operands[2])}, ${source(operands[1])}]`)
      if (name.endsWith('Vjp') && OTHER[first?.name] !== undefined) edit(first, OTHER[first.name])
    }
    if (node.type === 'CallExpression' && source(node.callee) === 'permutation.indexOf')
      edit(node, `permutation[${source(node.arguments[0])}]`)
    if (node.type === 'CallExpression' && source(node.callee) === 'Math.max') edit(node.callee, 'Math.min')
    if (node.type === 'MemberExpression' && source(node.object) === 'needs' && node.property.type === 'Literal') {
      edit(
        node.property,
        String(
          node.property.value === 1 && source(rule).includes('needs[2]')
            ? 2
            : node.property.value === 0
              ? 1
              : node.property.value - 1,
        ),
      )
    }
    if (node.type === 'BinaryExpression' && ['===', '!=='].includes(node.operator))
      descendants(node).forEach((inner) => shapeOnly.add(inner))
    if (node.type === 'BinaryExpression' && ['+', '-'].includes(node.operator)) {
      edit(node, `${source(node.left)} ${node.operator === '+' ? '-' : '+'} ${source(node.right)}`)
    }
  }
  for (const node of descendants(rule)) {
    if (node.type !== 'Identifier' || shapeOnly.has(node) || isBinding(node, rule)) continue
    if (node.name === 'cotangent') edit(node, 'negated([cotangent], null)')
  }
  return edits
}

/** Whether an identifier declares a name (in a destructured parameter) instead of using it. */
function isBinding(node, rule) {
  return descendants(rule).some(
    (other) =>
      (other.type === 'ObjectPattern' || (other.type === 'Property' && other.shorthand)) &&
      other.start <= node.start &&
      node.end <= other.end,
  )
}

/** A node and everything below it. */
function descendants(node) {
  const found = []
  const visit = (value) => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (value !== null && typeof value === 'object') {
      if (typeof value.type === 'string') found.push(value)
      for (const [key, child] of Object.entries(value)) if (key !== 'parent') visit(child)
    }
  }
  visit(node)
  return found
}
