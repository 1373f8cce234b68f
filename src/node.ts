// wgrad/node: wgrad in Node. The platform finds Dawn (the optional package `webgpu`) and an adapter by itself when a device is
// asked for; this entry is the documented place to import from there.

export * from './index.ts'
