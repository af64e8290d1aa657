// Shows the node in the color that it tints with. Runs in ComfyUI's editor only.
import { app } from '../../scripts/app.js'

app.registerExtension({
  name: 'comfypin.demo.tintByName',
  nodeCreated(node) {
    if (node.comfyClass !== 'TintByName') return
    const widget = node.widgets?.find((one) => one.name === 'color_name')
    if (!widget) return
    widget.callback = (name) => {
      if (CSS.supports('color', name)) node.bgcolor = name
    }
  },
})
