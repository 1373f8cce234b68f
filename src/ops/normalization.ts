// Normalisation over axes: softmax-like, batch, layer, group, instance, root mean square.

export {}
