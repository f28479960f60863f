import type { Graph } from '../graph/graph'
import type { GraphStage, Stage, TextStage } from './architecture'

/** A stage of the same name, inputs and outputs as its graph. Building reads no weights, so the graph is made at once. */
export function graphStage(graph: Graph, classCount?: number): GraphStage {
  return {
    kind: 'graph',
    id: graph.name,
    inputs: graph.inputs.map((input) => input.name),
    outputs: graph.outputs.map((output) => output.name),
    classCount,
    build: () => graph
  }
}

/** Whether its graph is made here, and not the file itself. */
export function isBuilt(stage: Stage): stage is GraphStage | TextStage {
  return stage.kind !== 'file'
}
