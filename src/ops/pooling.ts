// Pooling over windows.

export {}
