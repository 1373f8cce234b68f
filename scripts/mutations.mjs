// Mutants of the VJP rules: the text of one file of src/primitives in; the rules that it declares out, each with the changes of
// one sign, operand, factor or index that a gradient check has to notice, and the file's text with a switch for each of them.

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

/**
 * The rules of a file, `{ name, mutants: [{ id, what }] }`, the names that it declares, and its text in which `globalThis.wgradMutant = id` switches mutant `id`
 * on. Numbers go on from `firstId`.
 */
export function instrument(path, text, firstId) {
  const { program, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  let id = firstId
  const switches = []
  const rules = rulesOf(program).flatMap(({ name, node, constant, shared }) => {
    const edits = constant ? [{ node, by: '({ cotangent }) => [cotangent]' }] : editsOf(node, text)
    const mutants = edits.map(({ node: { start, end }, by }) => {
      const line = text.slice(0, start).split('\n').length
      switches.push({ start, end, by, id, whole: constant })
      return { id: id++, what: `line ${line}: ${text.slice(start, end)} -> ${by}`.replaceAll(/\s+/g, ' ') }
    })
    return shared && mutants.length === 0 ? [] : [{ name, mutants }]
  })
  const names = program.body.flatMap(({ declaration }) =>
    (declaration?.declarations ?? []).map(({ id: own }) => own.name),
  )
  return { rules, names, text: withSwitches(text, switches), nextId: id }
}

/** `text` in which every switched expression chooses between itself and its mutants. Switches nest, as expressions do. */
function withSwitches(text, switches) {
  const sorted = [...switches].sort((a, b) => a.start - b.start || b.end - a.end || a.id - b.id)
  const render = (from, to, list) => {
    let result = ''
    let at = from
    while (list.length > 0) {
      const { start, end } = list[0]
      const own = list.filter((one) => one.start === start && one.end === end)
      const inner = list.filter((one) => !own.includes(one) && one.start < end)
      list = list.filter((one) => one.start >= end)
      // a function is made once, long before a mutant is chosen: it chooses when it is called
      const called = own.some((one) => one.whole) ? '(...given)' : ''
      const choices = own.map((one) => `globalThis.wgradMutant === ${one.id} ? (${one.by})${called} : `).join('')
      const chosen = `(${choices}(${render(start, end, inner)})${called})`
      result += `${text.slice(at, start)}${called === '' ? chosen : `(...given) => ${chosen}`}`
      at = end
    }
    return result + text.slice(at, to)
  }
  return render(0, text.length, sorted)
}

/** The rules: `vjp` properties, functions that are called so, and the functions that nothing but rules uses. */
function rulesOf(program) {
  const rules = []
  const functions = new Map()
  for (const statement of program.body) {
    const declaration = statement.declaration ?? statement
    if (declaration.type === 'FunctionDeclaration') functions.set(declaration.id.name, declaration)
    for (const { id, node, shared } of declarationsOf(declaration)) {
      const properties = descendants(node).filter((inner) => inner.type === 'Property' && inner.key.name === 'vjp')
      for (const { value } of properties) {
        if (!/Function/.test(value.type)) continue // a shared rule, which is mutated where it stands
        if (!isConstant(value)) rules.push({ name: id, node: value, constant: false, shared })
        else if (isDifferentiable(node) && !shared) rules.push({ name: id, node: value, constant: true })
      }
    }
  }
  const inRules = (node) => rules.some((rule) => rule.node.start <= node.start && node.end <= rule.node.end)
  const helpers = (name) => {
    const uses = descendants(program).filter((node) => node.type === 'Identifier' && node.name === name)
    const elsewhere = uses.filter((node) => !inRules(node) && node !== functions.get(name).id && !isKeyOrType(node))
    return name.endsWith('Vjp') || (uses.some(inRules) && elsewhere.length === 0)
  }
  for (let found = true; found;) {
    found = false
    for (const [name, declaration] of functions) {
      if (rules.some((rule) => rule.name === name) || !helpers(name)) continue
      rules.push({ name, node: declaration.body, constant: false, shared: true })
      found = true
    }
  }
  return rules

  function isKeyOrType(node) {
    return descendants(program).some((other) => other.type === 'ExportSpecifier' && other.local === node)
  }
}

function declarationsOf(declaration) {
  if (declaration.type === 'FunctionDeclaration')
    return [{ id: declaration.id.name, node: declaration.body, shared: true }]
  if (declaration.type !== 'VariableDeclaration') return []
  return declaration.declarations.map(({ id, init }) => ({ id: id.name, node: init, shared: false }))
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
  const all = descendants(rule)
  const shapeOnly = new Set() // operands that give a shape or a comparison of identity, not a value
  const edits = []
  const edit = (node, by) => {
    if (source(node) !== by && !edits.some((one) => one.node === node && one.by === by)) edits.push({ node, by })
  }
  for (const node of all) {
    // zeros or no cotangent at all: the same to whoever adds it
    if (node.type === 'ConditionalExpression' && /^fullLike\(.*, 0\)$/.test(source(node.consequent)))
      descendants(node.test).forEach((inner) => shapeOnly.add(inner))
    if (node.type === 'MemberExpression' && ['shape', 'dtype', 'rank', 'size'].includes(node.property.name))
      descendants(node.object).forEach((inner) => shapeOnly.add(inner))
    if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') continue
    if (node.callee.name.endsWith('Like')) descendants(node.arguments[0]).forEach((inner) => shapeOnly.add(inner))
    if (node.callee.name === 'unreduce') descendants(node.arguments[1]).forEach((inner) => shapeOnly.add(inner))
  }
  for (const node of all) {
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier') {
      const { name } = node.callee
      const [first, second] = node.arguments
      if (name === 'fullLike' && second?.type === 'Literal') edit(second, String(second.value + 1))
      const operands = first?.type === 'ArrayExpression' ? first.elements : []
      if (name === 'neg') edit(node, source(operands[0]))
      else if (OTHER[name] !== undefined && known(OTHER[name]) && operands.length > 0) edit(node.callee, OTHER[name])
      if (operands.length === 2 && ORDERED.has(name)) edit(first, `[${source(operands[1])}, ${source(operands[0])}]`)
      if (operands.length === 2 && name === 'mul') edit(first, `[${source(operands[0])}, ${source(operands[0])}]`)
      // a factor is forgotten
      if (operands.length === 2 && ['mul', 'div'].includes(name)) edit(node, source(operands[0]))
      if (operands.length === 2 && name === 'mul') edit(node, source(operands[1]))
      if (operands.length === 3 && name === 'select')
        edit(first, `[${source(operands[0])}, ${source(operands[2])}, ${source(operands[1])}]`)
      if (name.endsWith('Vjp') && OTHER[first?.name] !== undefined) edit(first, OTHER[first.name])
    }
    if (node.type === 'CallExpression' && source(node.callee) === 'permutation.indexOf')
      edit(node, `permutation[${source(node.arguments[0])}]`)
    if (node.type === 'CallExpression' && source(node.callee) === 'Math.max') edit(node.callee, 'Math.min')
    if (node.type === 'MemberExpression' && node.computed && node.property.type === 'Literal') {
      const index = node.property.value
      const object = source(node.object)
      if (object === 'needs' && !shapeOnly.has(node))
        edit(node.property, String(index === 1 && source(rule).includes('needs[2]') ? 2 : index === 0 ? 1 : index - 1))
      if (
        ['inputs', 'roles'].includes(object) &&
        !shapeOnly.has(node) &&
        source(rule).includes(`${object}[${1 - index}]`)
      )
        edit(node.property, String(1 - index))
    }
    if (node.type === 'Property' && node.value.type === 'Literal' && typeof node.value.value === 'boolean')
      edit(node.value, String(!node.value.value))
    if (node.type === 'BinaryExpression' && ['===', '!=='].includes(node.operator))
      descendants(node).forEach((inner) => shapeOnly.add(inner))
    if (node.type === 'BinaryExpression' && ['+', '-'].includes(node.operator)) {
      edit(node, `${source(node.left)} ${node.operator === '+' ? '-' : '+'} ${source(node.right)}`)
    }
  }
  const operands = operandNames(rule)
  for (const node of all) {
    if (node.type !== 'Identifier' || shapeOnly.has(node) || isBinding(node, rule) || isKey(node, rule)) continue
    if (node.name === 'cotangent') edit(node, 'globalThis.wgradNegated(cotangent)')
    if (operands.includes(node.name)) for (const other of operands) if (other !== node.name) edit(node, other)
  }
  return edits
}

/** The names of a rule's operands, if it takes them apart as `inputs: [a, b]`. */
function operandNames(rule) {
  const property = descendants(rule.params?.[0]).find(
    (node) => node.type === 'Property' && node.key.name === 'inputs' && node.value.type === 'ArrayPattern',
  )
  return (property?.value.elements ?? []).flatMap((element) => (element?.type === 'Identifier' ? [element.name] : []))
}

/** Whether an identifier declares a name (in a destructured parameter) instead of using it. */
function isBinding(node, rule) {
  return descendants(rule).some(
    (other) =>
      (other.type === 'ObjectPattern' ||
        (other.type === 'Property' && other.shorthand) ||
        (/Function/.test(other.type) && other.params.some((parameter) => parameter === node))) &&
      other.start <= node.start &&
      node.end <= other.end &&
      (!/Function/.test(other.type) || other.params.includes(node)),
  )
}

/** Whether an identifier is a property's name. */
function isKey(node, rule) {
  return descendants(rule).some(
    (other) =>
      (other.type === 'MemberExpression' && !other.computed && other.property === node) ||
      (other.type === 'Property' && !other.computed && other.key === node),
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
