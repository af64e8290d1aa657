/** Folder of `models/` by the input's name, as ComfyUI's own loaders call it (`nodes.py`). */
const BY_INPUT: Readonly<Record<string, string>> = {
  ckpt_name: 'checkpoints',
  lora_name: 'loras',
  lora: 'loras',
  vae_name: 'vae',
  control_net_name: 'controlnet',
  unet_name: 'diffusion_models',
  clip_name: 'text_encoders',
  clip_name1: 'text_encoders',
  clip_name2: 'text_encoders',
  clip_name3: 'text_encoders',
  clip_name4: 'text_encoders',
  style_model_name: 'style_models',
  gligen_name: 'gligen',
  hypernetwork_name: 'hypernetworks',
  photomaker_model_name: 'photomaker',
  audio_encoder_name: 'audio_encoders',
}

/** By the node's type, where names of inputs are missing or say too little. */
const BY_TYPE: readonly [RegExp, string][] = [
  [/^CLIPVisionLoader/, 'clip_vision'],
  [/^UpscaleModelLoader/, 'upscale_models'],
  [/^LatentUpscaleModelLoader/, 'latent_upscale_models'],
  [/^ModelPatchLoader/, 'model_patches'],
  [/^(?:Checkpoint|ImageOnlyCheckpoint|unCLIPCheckpoint)Loader/, 'checkpoints'],
  [/^Lora(?:Loader|Model)/, 'loras'],
  [/^VAELoader/, 'vae'],
  [/^(?:Diff)?ControlNetLoader/, 'controlnet'],
  [/^(?:UNET|Unet)Loader/, 'diffusion_models'],
  [/^(?:Dual|Triple|Quadruple)?CLIPLoader/, 'text_encoders'],
  [/^StyleModelLoader/, 'style_models'],
]

/** The folder that a node most likely looks in, for a note; null when nothing tells. */
export function guessCategory(type: string | null, input: string | null): string | null {
  const byType = BY_TYPE.find(([pattern]) => pattern.test(type ?? ''))?.[1]
  const byInput = input !== null && Object.hasOwn(BY_INPUT, input) ? BY_INPUT[input] : undefined
  return byType ?? byInput ?? null
}
