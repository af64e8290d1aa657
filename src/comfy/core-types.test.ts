import { expect, test } from 'vitest'
import { coreTypesIn } from './core-types.ts'

test('a table gives its keys, however it is written', () => {
  const source = `
def run(): return {"no": 1}
NODE_CLASS_MAPPINGS: dict = {
    "KSampler": KSampler,
    'Epsilon Scaling': Scaling, # "Comment": 1,
    # "Off": Off,
}
NODE_DISPLAY_NAME_MAPPINGS = {"KSampler": "K", "Title": "T"}
`
  expect(coreTypesIn(source)).toEqual(['KSampler', 'Epsilon Scaling'])
})

test('classes of the newer API count when they are listed', () => {
  const source = `
class Add(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="AddNoise",
            display_name="Add",
        )

class Base(io.ComfyNode):
    NODE_ID = "Pro"
    def define_schema(cls):
        return io.Schema(node_id=cls.NODE_ID)

class Max(Base):
    NODE_ID = 'Max'

class Test(io.ComfyNode):
    def define_schema(cls): return io.Schema(node_id="TestNode")

class Extension(ComfyExtension):
    async def get_node_list(self):
        return [Add, Base, Max,
            # Test,
        ]
`
  expect(coreTypesIn(source)).toEqual(['AddNoise', 'Pro', 'Max'])
})

test('so do classes of a list that fills the table', () => {
  const source = `
class Hook:
    NodeId = 'CreateHook'
    NodeName = 'Create'

node_list = [Hook]
NODE_CLASS_MAPPINGS = {}
for node in node_list:
    NODE_CLASS_MAPPINGS[node.NodeId] = node
`
  expect(coreTypesIn(source)).toEqual(['CreateHook'])
})

test.each(['', 'import os', 'NODE_CLASS_MAPPINGS = make()', 'class A:\n  node_id = "A"'])(
  '%j registers nothing that can be read',
  (source) => {
    expect(coreTypesIn(source)).toEqual([])
  },
)
