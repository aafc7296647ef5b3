"""Make tiny checkpoints of every architecture that the vision models serve: random weights, home-made tokenizers.

    PYTHONPATH=. .venv-models/bin/python tests/mesh/tiny_checkpoints.py FOLDER

makes FOLDER/<architecture> for each, laid out as the hubs lay theirs out, and FOLDER/siglip-<what is wrong> for some
that must not be loaded. It runs in the models' environment, which has
torch and transformers. They know nothing, but everything in them works: the same
seed gives the same weights, and these are spread so widely that answers depend on what is shown and asked.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as hf
from transformers.models.sam2_video.configuration_sam2_video import Sam2VideoMaskDecoderConfig

from tests.mesh.triton_models_tokenizers import bert, clip, gemma

SEED = 7
# Standard deviation of what is added to every weight: enough that scores differ, little enough that nothing overflows.
SPREAD = 0.06
WIDTH = 32
HEADS = 2
LABELS = ["person", "traffic_light", "dining table", "dog"]

Maker = Callable[[Path], Any]


# Detectors


def grounding_dino(folder: Path) -> Any:
    """Swin, BERT, and two layers of each kind."""
    config = _grounding(hf.GroundingDinoConfig, bert(folder))
    hf.GroundingDinoImageProcessorPil(size={"shortest_edge": 96, "longest_edge": 160}).save_pretrained(folder)
    return hf.GroundingDinoForObjectDetection(config)


def mm_grounding_dino(folder: Path) -> Any:
    """The same of MMDetection, which LLMDet is too."""
    config = _grounding(hf.MMGroundingDinoConfig, bert(folder))
    hf.GroundingDinoImageProcessorPil(size={"shortest_edge": 96, "longest_edge": 160}).save_pretrained(folder)
    return hf.MMGroundingDinoForObjectDetection(config)


def _grounding(kind: Any, vocabulary: int) -> Any:
    text = hf.BertConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    return kind(
        backbone_config=_swin(),
        text_config=text,
        d_model=WIDTH,
        encoder_layers=2,
        decoder_layers=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        num_queries=20,
        # A prompt holds a few phrases, so that a request of many needs several.
        max_text_len=24,
    )


def _swin() -> Any:
    return hf.SwinConfig(
        image_size=64,
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_indices=[2, 3, 4],
    )


def owlv2(folder: Path) -> Any:
    """Two towers; pictures are padded to a square."""
    hf.Owlv2ImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return hf.Owlv2ForObjectDetection(_owl(hf.Owlv2Config, folder))


def owlvit(folder: Path) -> Any:
    """Two towers; pictures are stretched to a square."""
    hf.OwlViTImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return hf.OwlViTForObjectDetection(_owl(hf.OwlViTConfig, folder))


def _owl(kind: Any, folder: Path) -> Any:
    layers = {"hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": HEADS}
    # At the usual factor the heads of so narrow a network put every box at an edge.
    calm = {"initializer_factor": 0.2}
    text = {**layers, **clip(folder, 16), **calm}
    vision = {**layers, "image_size": 64, "patch_size": 16, **calm}
    return kind(text_config=text, vision_config=vision, projection_dim=WIDTH, **calm)


def d_fine(folder: Path) -> Any:
    """HGNet and a hybrid encoder; it knows `LABELS`."""
    backbone = hf.HGNetV2Config(
        embedding_size=16,
        stem_channels=[3, 8, 16],
        stage_in_channels=[16, 16, 32, 32],
        stage_mid_channels=[8, 8, 16, 16],
        stage_out_channels=[16, 32, 32, 64],
        hidden_sizes=[16, 32, 32, 64],
        depths=[1, 1, 1, 1],
        stage_num_blocks=[1, 1, 1, 1],
        stage_numb_of_layers=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )
    config = hf.DFineConfig(backbone_config=backbone, encoder_in_channels=[32, 32, 64], **_hybrid())
    hf.RTDetrImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return hf.DFineForObjectDetection(config)


def rt_detr_v2(folder: Path) -> Any:
    """ResNet and a hybrid encoder; it knows `LABELS`."""
    backbone = hf.RTDetrResNetConfig(
        embedding_size=16,
        hidden_sizes=[16, 32, 32, 64],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    config = hf.RTDetrV2Config(backbone_config=backbone, encoder_in_channels=[32, 32, 64], **_hybrid())
    hf.RTDetrImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return hf.RTDetrV2ForObjectDetection(config)


def _hybrid() -> dict[str, Any]:
    return {
        "encoder_hidden_dim": WIDTH,
        "encoder_ffn_dim": 64,
        "encoder_attention_heads": HEADS,
        "d_model": WIDTH,
        "decoder_in_channels": [WIDTH] * 3,
        "decoder_layers": 2,
        "decoder_ffn_dim": 64,
        "decoder_attention_heads": HEADS,
        "num_queries": 20,
        "num_denoising": 0,
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: number for number, label in enumerate(LABELS)},
    }


# Segmentation


def sam2(folder: Path) -> Any:
    """Hiera and a mask decoder."""
    return hf.Sam2Model(hf.Sam2Config(**_sam2(folder)))


def sam2_video(folder: Path) -> Any:
    """The same with a memory of frames, as SAM 2.1 is published for pictures too."""
    memory: dict[str, Any] = {"memory_attention_hidden_size": WIDTH, "memory_attention_num_layers": 1}
    memory |= {"memory_attention_feed_forward_hidden_size": 64, "memory_encoder_hidden_size": WIDTH}
    memory |= {"memory_encoder_output_channels": 8, "mask_downsampler_embed_dim": WIDTH}
    memory |= {"memory_fuser_embed_dim": WIDTH, "memory_fuser_intermediate_dim": 64, "image_size": 128}
    memory |= {"memory_attention_rope_feat_sizes": [8, 8], "memory_attention_num_attention_heads": 1}
    shared = _sam2(folder)
    # Given as a dict, this one would become a configuration of prompts (transformers 5.19).
    decoder = Sam2VideoMaskDecoderConfig(**shared.pop("mask_decoder_config"))
    return hf.Sam2VideoModel(hf.Sam2VideoConfig(**shared, **memory, mask_decoder_config=decoder))


def _sam2(folder: Path) -> dict[str, Any]:
    """The settings of a processor that wants torchvision are written, and the network's configuration returned."""
    settings = {
        "image_processor_type": "Sam2ImageProcessorFast",
        "size": {"height": 128, "width": 128},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "rescale_factor": 1 / 255,
        "resample": 2,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    hiera = {
        "hidden_size": 16,
        "image_size": [128, 128],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [16, 32, 64, 128],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [4, 4, 4, 2],
        "global_attention_blocks": [3],
    }
    vision = {
        "backbone_config": hiera,
        "backbone_channel_list": [128, 64, 32, 16],
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
        "fpn_hidden_size": WIDTH,
    }
    prompt = {"hidden_size": WIDTH, "image_size": 128, "patch_size": 16, "mask_input_channels": 4}
    return {"vision_config": vision, "prompt_encoder_config": prompt, "mask_decoder_config": _masks()}


def sam(folder: Path) -> Any:
    """A vision transformer and a mask decoder."""
    side = {"longest_edge": 128}
    hf.SamImageProcessorPil(size=side, pad_size={"height": 128, "width": 128}).save_pretrained(folder)
    vision = {
        "hidden_size": WIDTH,
        "output_channels": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS,
        "image_size": 128,
        "patch_size": 16,
        "window_size": 4,
        "global_attn_indexes": [1],
        "num_pos_feats": WIDTH // 2,
        "mlp_dim": 64,
    }
    prompt = {
        "hidden_size": WIDTH,
        "image_size": 128,
        "patch_size": 16,
        "mask_input_channels": 4,
        "image_embedding_size": 8,
    }
    return hf.SamModel(hf.SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=_masks()))


def _masks() -> dict[str, Any]:
    return {
        "hidden_size": WIDTH,
        "mlp_dim": 64,
        "num_attention_heads": HEADS,
        "iou_head_hidden_dim": WIDTH,
        # As SAM 2 is published, the first of the decoder's masks is replaced where it is shaky.
        "dynamic_multimask_via_stability": True,
    }


# Vectors


def siglip(folder: Path) -> Any:
    """SigLIP, as SigLIP 2 of fixed size is published too."""
    hf.SiglipImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    text = {**_tower(), **gemma(folder, 16), "projection_size": WIDTH}
    return hf.SiglipModel(
        hf.SiglipConfig(text_config=text, vision_config={**_tower(), "image_size": 64, "patch_size": 16})
    )


def siglip2(folder: Path) -> Any:
    """SigLIP 2 of any shape (NaFlex)."""
    hf.Siglip2ImageProcessorPil(patch_size=16, max_num_patches=16).save_pretrained(folder)
    text = {**_tower(), **gemma(folder, 16), "projection_size": WIDTH}
    vision = {**_tower(), "patch_size": 16, "num_patches": 16}
    return hf.Siglip2Model(hf.Siglip2Config(text_config=text, vision_config=vision))


def clip_pair(folder: Path) -> Any:
    """CLIP."""
    hf.CLIPImageProcessorPil(
        size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}, resample=3
    ).save_pretrained(folder)
    text = {**_tower(), **clip(folder, 20)}
    vision = {**_tower(), "image_size": 64, "patch_size": 16}
    return hf.CLIPModel(hf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))


def _tower() -> dict[str, Any]:
    return {"hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": HEADS}


# Depth


def depth_anything(folder: Path) -> Any:
    """DINOv2 and a dense prediction head."""
    hf.DPTImageProcessorPil(
        size={"height": 70, "width": 70}, keep_aspect_ratio=True, ensure_multiple_of=14, resample=3
    ).save_pretrained(folder)
    backbone = hf.Dinov2Config(
        hidden_size=WIDTH,
        num_hidden_layers=4,
        num_attention_heads=HEADS,
        mlp_ratio=2,
        image_size=70,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = hf.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=WIDTH,
        neck_hidden_sizes=[8, 16, 32, 32],
        fusion_hidden_size=16,
        head_hidden_size=8,
    )
    network = hf.DepthAnythingForDepthEstimation(config)
    # Its last step cuts off what is below zero, which by chance would be everything.
    torch.nn.init.constant_(network.head.conv3.bias, 1.0)
    return network


MAKERS: dict[str, Maker] = {
    "grounding-dino": grounding_dino,
    "mm-grounding-dino": mm_grounding_dino,
    "owlv2": owlv2,
    "owlvit": owlvit,
    "d_fine": d_fine,
    "rt_detr_v2": rt_detr_v2,
    "sam2": sam2,
    "sam2_video": sam2_video,
    "sam": sam,
    "siglip": siglip,
    "siglip2": siglip2,
    "clip": clip_pair,
    "depth_anything": depth_anything,
}


def make(target: Path, maker: Maker) -> None:
    """One checkpoint, its weights spread."""
    target.mkdir(parents=True)
    torch.manual_seed(SEED)
    network = maker(target)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(SPREAD * torch.randn_like(weight))
    network.eval().save_pretrained(target)


# What is wrong with a checkpoint


def pickled(network: Any, target: Path) -> None:
    """The weights are a pickle and nothing else."""
    torch.save(network.state_dict(), target / "pytorch_model.bin")


def lacking(network: Any, target: Path) -> None:
    """One weight is not there."""
    weights = network.state_dict()
    del weights["text_model.head.weight"]
    network.save_pretrained(target, state_dict=weights)


def not_finite(network: Any, target: Path) -> None:
    """One weight is no number."""
    torch.nn.init.constant_(network.text_model.head.bias[:1], torch.nan)
    network.save_pretrained(target)


def cut_short(network: Any, target: Path) -> None:
    """The file ends too early, as an interrupted download does."""
    network.save_pretrained(target)
    weights = target / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


WRONG = {"pickled": pickled, "lacking": lacking, "not-finite": not_finite, "cut-short": cut_short}


def spoil(folder: Path) -> None:
    """Copies of the SigLIP checkpoint, each with something wrong."""
    for name, wrong in WRONG.items():
        target = folder / f"siglip-{name}"
        shutil.copytree(folder / "siglip", target, ignore=shutil.ignore_patterns("*.safetensors"))
        wrong(hf.SiglipModel.from_pretrained(folder / "siglip"), target)


def main(folder: Path) -> None:
    """All of them."""
    hf.logging.set_verbosity_error()
    hf.utils.logging.disable_progress_bar()
    for name, maker in MAKERS.items():
        make(folder / name, maker)
    spoil(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
