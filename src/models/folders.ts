/**
 * Folders of `models/` that ComfyUI knows, by category. The order within a category is the order of
 * search. Source: `folder_paths.py` of ComfyUI 0.3.64 and 0.33; an older core takes a newer
 * category for one of a pack, which does no harm.
 */
export const modelCategories = {
  checkpoints: ['checkpoints'],
  configs: ['configs'],
  loras: ['loras'],
  vae: ['vae'],
  text_encoders: ['text_encoders', 'clip'],
  diffusion_models: ['diffusion_models', 'unet'],
  clip_vision: ['clip_vision'],
  style_models: ['style_models'],
  embeddings: ['embeddings'],
  diffusers: ['diffusers'],
  vae_approx: ['vae_approx'],
  controlnet: ['controlnet', 't2i_adapter'],
  gligen: ['gligen'],
  upscale_models: ['upscale_models'],
  latent_upscale_models: ['latent_upscale_models'],
  hypernetworks: ['hypernetworks'],
  photomaker: ['photomaker'],
  classifiers: ['classifiers'],
  model_patches: ['model_patches'],
  audio_encoders: ['audio_encoders'],
  background_removal: ['background_removal'],
  frame_interpolation: ['frame_interpolation'],
  geometry_estimation: ['geometry_estimation'],
  optical_flow: ['optical_flow'],
  detection: ['detection'],
} as const satisfies Record<string, readonly string[]>

/** Folders that every home has in its `models/`: some packs fail without them (packs.md §6.15). */
export const standardModelFolders: readonly string[] = Object.values(modelCategories).flat()
