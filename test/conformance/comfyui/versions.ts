/**
 * What differs between ComfyUI versions. A number is a version as `coreVersion` returns it; the
 * limits are the versions of the trees into which the behaviour was committed, so releases later
 * than these have it.
 */
export function expectationsOf(version: number) {
  const namesMissingNodes = version > 11_001
  return {
    unknownNodeType: namesMissingNodes ? 'missing_node_type' : 'invalid_prompt',
    unknownNodeMessage: (classType: string) =>
      namesMissingNodes
        ? `Node '${classType}' not found. The custom node may not be installed.`
        : `Cannot execute because node ${classType} does not exist.`,
    refusesCrossSiteFetches: version > 18_001,
    refusesOddPromptIds: version > 24_000,
    cancelsJobs: version > 25_000,
    // Somewhere between the two versions that were checked, 0.3.64 and 0.33.0:
    reportsCycles: version >= 33_000,
    needsOneOf:
      version >= 33_000
        ? 'NODE_CLASS_MAPPINGS or comfy_entrypoint (need one).'
        : 'NODE_CLASS_MAPPINGS or NODES_LIST (need one).',
    tellsInputLists: version >= 33_000,
  }
}
