"""DenseCLIP (Rao et al., CVPR 2022) in plain PyTorch, for timing: the baseline of `npm run bench`.

Formulas and parameter names are the published ones; mmcv, mmseg and timm are not needed. Everything is eager float32 in
eval mode, as the published test script runs it: no folded norms, no compiled graph, all 13 tokens of all classes.
Shapes in comments: B pictures, K classes, C joint width, (h, w) the grid of the visual embedding, N tokens.
"""
from collections import OrderedDict
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VOCABULARY = 49408


@dataclass(frozen=True)
class Sizes:
    """Everything that the published configurations tell, for K classes."""

    backbone: str  # 'resnet' or 'vit'
    classes: int
    joint: int
    resolution: int
    width: int
    layers: tuple
    patch: int = 16
    out_indices: tuple = (3, 5, 7, 11)
    text_width: int = 512
    text_heads: int = 8
    text_layers: int = 12
    prompts: int = 8
    name_tokens: int = 5
    decoder_width: int = 256
    decoder_heads: int = 4
    decoder_layers: int = 3
    fpn: int = 256

    @property
    def score_index(self) -> int:
        """Which of x1..x4 the score map joins: the one of its own stride."""
        return 3 if self.backbone == "resnet" else 2

    @property
    def channels(self) -> list:
        x = [self.width * 4 * 2**i for i in range(4)] if self.backbone == "resnet" else [self.width] * 4
        x[self.score_index] += self.classes
        return x


PUBLISHED = {
    "rn50": Sizes("resnet", classes=150, joint=1024, resolution=512, width=64, layers=(3, 4, 6, 3)),
    "vit-b-16": Sizes("vit", classes=150, joint=512, resolution=640, width=768, layers=(12,)),
}


class Bottleneck(nn.Module):
    """CLIP's residual block: convolutions have stride 1, a stride is an average pool in both branches."""

    def __init__(self, inputs: int, planes: int, stride: int):
        super().__init__()
        outputs = 4 * planes
        self.conv1, self.bn1 = nn.Conv2d(inputs, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.downsample = None
        if stride > 1 or inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, bias=False)
            self.downsample = nn.Sequential(OrderedDict([("-1", self.pool), ("0", conv), ("1", nn.BatchNorm2d(outputs))]))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.pool(F.relu(self.bn2(self.conv2(y)), inplace=True))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


def resize_positions(positions: Tensor, size: tuple) -> Tensor:
    """(1 + n·n, C) → (1 + h·w, C): the first row stays, the grid is resized bilinearly."""
    n = round((len(positions) - 1) ** 0.5)
    grid = positions[1:].T.reshape(1, -1, n, n)
    grid = F.interpolate(grid, size=size, mode="bilinear", align_corners=False)
    return torch.cat([positions[:1], grid.flatten(2)[0].T])


class AttentionPool(nn.Module):
    """Self-attention over [mean, cells] where every token is a query."""

    def __init__(self, grid: int, width: int, heads: int, outputs: int):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(grid**2 + 1, width) / width**0.5)
        self.k_proj, self.q_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, outputs)
        self.heads = heads

    def forward(self, x: Tensor) -> tuple:
        b, c, h, w = x.shape
        tokens = x.flatten(2).permute(2, 0, 1)  # hw, B, c
        tokens = torch.cat([tokens.mean(0, keepdim=True), tokens])
        tokens = tokens + resize_positions(self.positional_embedding, (h, w))[:, None]
        tokens, _ = F.multi_head_attention_forward(
            tokens, tokens, tokens, c, self.heads,
            in_proj_weight=None, in_proj_bias=torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]),
            bias_k=None, bias_v=None, add_zero_attn=False, dropout_p=0,
            out_proj_weight=self.c_proj.weight, out_proj_bias=self.c_proj.bias, training=False, need_weights=False,
            use_separate_proj_weight=True, q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight,
            v_proj_weight=self.v_proj.weight,
        )
        tokens = tokens.permute(1, 2, 0)
        return tokens[:, :, 0], tokens[:, :, 1:].reshape(b, -1, h, w)


class ResNet(nn.Module):
    """CLIP's modified ResNet: x1..x4 at strides 4 to 32, z̄ (B, C) and z (B, C, h, w)."""

    def __init__(self, s: Sizes):
        super().__init__()
        w = s.width
        self.conv1, self.bn1 = nn.Conv2d(3, w // 2, 3, 2, 1, bias=False), nn.BatchNorm2d(w // 2)
        self.conv2, self.bn2 = nn.Conv2d(w // 2, w // 2, 3, 1, 1, bias=False), nn.BatchNorm2d(w // 2)
        self.conv3, self.bn3 = nn.Conv2d(w // 2, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w)
        inputs = w
        for i, blocks in enumerate(s.layers):
            planes = w * 2**i
            sizes = [inputs] + [4 * planes] * (blocks - 1)
            stage = [Bottleneck(n, planes, 2 if i and not j else 1) for j, n in enumerate(sizes)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
            inputs = 4 * planes
        self.attnpool = AttentionPool(s.resolution // 32, w * 32, 32, s.joint)

    def forward(self, x: Tensor) -> tuple:
        for conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = F.relu(bn(conv(x)), inplace=True)
        x, levels = F.avg_pool2d(x, 2), []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            levels.append(x)
        return (levels, *self.attnpool(x))


class QuickGELU(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    """CLIP's pre-norm transformer block; tokens come first: (N, B, width)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        up, down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.mlp = nn.Sequential(OrderedDict(c_fc=up, gelu=QuickGELU(), c_proj=down))

    def forward(self, x: Tensor, mask=None) -> Tensor:
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width: int, layers: int, heads: int):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))


class VisionTransformer(nn.Module):
    """CLIP's ViT with the four scales of the published dense model (patch 16)."""

    def __init__(self, s: Sizes):
        super().__init__()
        w = s.width
        self.conv1 = nn.Conv2d(3, w, s.patch, s.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(w) * w**-0.5)
        self.positional_embedding = nn.Parameter(torch.randn((s.resolution // s.patch) ** 2 + 1, w) * w**-0.5)
        self.ln_pre, self.ln_post = nn.LayerNorm(w), nn.LayerNorm(w)
        self.transformer = Transformer(w, s.layers[0], w // 64)
        self.proj = nn.Parameter(torch.randn(w, s.joint) * w**-0.5)
        self.out_indices = s.out_indices
        norm, up = lambda: nn.GroupNorm(1, w), lambda: nn.ConvTranspose2d(w, w, 2, 2)
        self.fpn1 = nn.Sequential(norm(), up(), nn.BatchNorm2d(w), nn.GELU(), up())
        self.fpn2 = nn.Sequential(norm(), up())
        self.fpn3 = norm()
        self.fpn4 = nn.Sequential(norm(), nn.MaxPool2d(2, 2))

    def forward(self, x: Tensor) -> tuple:
        x = self.conv1(x)
        b, c, h, w = x.shape
        first = self.class_embedding.expand(b, 1, c)
        positions = resize_positions(self.positional_embedding, (h, w))
        positions = torch.cat([positions[:1] + self.class_embedding, positions[1:]])  # the class embedding twice
        x = self.ln_pre(torch.cat([first, x.flatten(2).transpose(1, 2)], 1) + positions)
        x = x.transpose(0, 1)
        grids = []
        for i, block in enumerate(self.transformer.resblocks):
            x = block(x)
            if i in self.out_indices:
                grids.append(x[1:].permute(1, 2, 0).reshape(b, c, h, w).contiguous())
        scales = (self.fpn1, self.fpn2, self.fpn3, self.fpn4)
        levels = [scale(grid) for scale, grid in zip(scales, grids)]
        x = self.ln_post(x.transpose(0, 1)) @ self.proj
        return levels, x[:, 0], x[:, 1:].transpose(1, 2).reshape(b, -1, h, w)


class TextEncoder(nn.Module):
    """CLIP's text transformer with learned contexts right after the start token: (K, C)."""

    def __init__(self, s: Sizes):
        super().__init__()
        n = s.prompts + s.name_tokens
        self.transformer = Transformer(s.text_width, s.text_layers, s.text_heads)
        self.token_embedding = nn.Embedding(VOCABULARY, s.text_width)
        self.positional_embedding = nn.Parameter(torch.randn(n, s.text_width) * 0.01)
        self.ln_final = nn.LayerNorm(s.text_width)
        self.text_projection = nn.Parameter(torch.randn(s.text_width, s.joint) * s.text_width**-0.5)
        self.mask = torch.full((n, n), float("-inf")).triu(1)

    def forward(self, ids: Tensor, contexts: Tensor) -> Tensor:
        x = self.token_embedding(ids)
        x = torch.cat([x[:, :1], contexts.expand(len(x), -1, -1), x[:, 1:]], 1) + self.positional_embedding
        x = x.transpose(0, 1)
        for block in self.transformer.resblocks:
            x = block(x, self.mask)
        x = self.ln_final(x.transpose(0, 1))
        end = ids.argmax(-1) + contexts.shape[1]
        return x[torch.arange(len(x)), end] @ self.text_projection


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.proj = nn.Linear(width, width)

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        b, n, c = query.shape
        split = lambda t: t.reshape(b, -1, self.heads, c // self.heads)
        q, k, v = split(self.q_proj(query)), split(self.k_proj(memory)), split(self.v_proj(memory))
        attention = (torch.einsum("bnhc,bmhc->bhnm", q, k) * (c // self.heads) ** -0.5).softmax(-1)
        return self.proj(torch.einsum("bhnm,bmhc->bnhc", attention, v).reshape(b, n, c))


class DecoderLayer(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.self_attn, self.cross_attn = Attention(width, heads), Attention(width, heads)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        # numbered as published: a dropout stands at 2
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Identity(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.self_attn(y, y)
        x = x + self.cross_attn(self.norm2(x), memory)
        return x + self.mlp(self.norm3(x))


class ContextDecoder(nn.Module):
    """Texts (B, K, C) look at [z̄, z] (B, 1 + hw, C) and say how they should change, v (B, K, C)."""

    def __init__(self, s: Sizes):
        super().__init__()
        c, w = s.joint, s.decoder_width
        self.memory_proj = nn.Sequential(nn.LayerNorm(c), nn.Linear(c, w), nn.LayerNorm(w))
        self.text_proj = nn.Sequential(nn.LayerNorm(c), nn.Linear(c, w))
        self.decoder = nn.ModuleList(DecoderLayer(w, s.decoder_heads) for _ in range(s.decoder_layers))
        self.out_proj = nn.Sequential(nn.LayerNorm(w), nn.Linear(w, c))

    def forward(self, text: Tensor, visual: Tensor) -> Tensor:
        memory, x = self.memory_proj(visual), self.text_proj(text)
        for layer in self.decoder:
            x = layer(x, memory)
        return self.out_proj(x)


class ConvUnit(nn.Module):
    """A convolution under the name `conv`, with BN and ReLU under `bn` if `norm`."""

    def __init__(self, inputs: int, outputs: int, kernel: int, norm: bool):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not norm)
        self.bn = nn.BatchNorm2d(outputs) if norm else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x if self.bn is None else F.relu(self.bn(x), inplace=True)


class FPN(nn.Module):
    def __init__(self, s: Sizes):
        super().__init__()
        self.lateral_convs = nn.ModuleList(ConvUnit(n, s.fpn, 1, norm=False) for n in s.channels)
        self.fpn_convs = nn.ModuleList(ConvUnit(s.fpn, s.fpn, 3, norm=False) for _ in s.channels)

    def forward(self, levels: list) -> list:
        sides = [conv(x) for conv, x in zip(self.lateral_convs, levels)]
        for i in range(len(sides) - 1, 0, -1):
            sides[i - 1] += F.interpolate(sides[i], size=sides[i - 1].shape[2:], mode="nearest")
        return [conv(x) for conv, x in zip(self.fpn_convs, sides)]


class FPNHead(nn.Module):
    def __init__(self, s: Sizes):
        super().__init__()
        up = lambda: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        heads = [[ConvUnit(s.fpn, s.fpn, 3, norm=True)]]
        heads += [[m for _ in range(n) for m in (ConvUnit(s.fpn, s.fpn, 3, norm=True), up())] for n in (1, 2, 3)]
        self.scale_heads = nn.ModuleList(nn.Sequential(*head) for head in heads)
        self.conv_seg = nn.Conv2d(s.fpn, s.classes, 1)

    def forward(self, levels: list) -> Tensor:
        out = self.scale_heads[0](levels[0])
        for head, level in zip(self.scale_heads[1:], levels[1:]):
            out = out + F.interpolate(head(level), size=out.shape[2:], mode="bilinear", align_corners=False)
        return self.conv_seg(out)


class DenseCLIP(nn.Module):
    """The stages as methods, each from what the one before gave."""

    def __init__(self, s: Sizes):
        super().__init__()
        self.sizes = s
        self.backbone = ResNet(s) if s.backbone == "resnet" else VisionTransformer(s)
        self.text_encoder = TextEncoder(s)
        self.context_decoder = ContextDecoder(s)
        self.neck = FPN(s)
        self.decode_head = FPNHead(s)
        self.contexts = nn.Parameter(torch.randn(1, s.prompts, s.text_width) * 0.02)
        self.gamma = nn.Parameter(torch.full((s.joint,), 1e-4))

    def text(self, ids: Tensor) -> Tensor:
        """Token ids (K, name tokens) → t (1, K, C)."""
        return self.text_encoder(ids, self.contexts)[None]

    def scores(self, text: Tensor, whole: Tensor, grid: Tensor) -> Tensor:
        """t, z̄, z → s (B, K, h, w), raw cosines."""
        memory = torch.cat([whole[:, :, None], grid.flatten(2)], 2).transpose(1, 2)
        refined = text + self.gamma * self.context_decoder(text, memory)
        return torch.einsum("bchw,bkc->bkhw", F.normalize(grid, dim=1), F.normalize(refined, dim=2))

    def join(self, levels: list, score_map: Tensor) -> list:
        """x1..x4 with s behind the channels of the level of its stride."""
        i = self.sizes.score_index
        return [torch.cat([x, score_map], 1) if j == i else x for j, x in enumerate(levels)]

    def forward(self, image: Tensor, ids: Tensor) -> tuple:
        """Image (1, 3, H, W), ids → s and logits (1, K, H, W), with the text encoded anew, as the published code does."""
        levels, whole, grid = self.backbone(image)
        score_map = self.scores(self.text(ids), whole, grid)
        logits = self.decode_head(self.neck(self.join(levels, score_map)))
        return score_map, F.interpolate(logits, size=image.shape[2:], mode="bilinear", align_corners=False)
