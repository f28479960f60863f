/*
 * GLSL of the heat map. What it computes is what models/figures/overlay.ts computes: bilinear by size without aligned
 * corners, 256 colours in bins of equal width, NaN transparent.
 */

/** A rectangle of the picture, in shares, to the canvas; and where each fragment lies in the overlay's cells. */
export const VERTEX = `#version 300 es
in vec2 corner;
uniform vec4 rect;    // left, top, right, bottom: shares of the picture
uniform vec4 region;  // what the cells cover, in shares
uniform vec4 frame;   // canvas = frame.xy + frame.zw * share, device pixels, y down
uniform vec2 canvas;  // device pixels
uniform vec2 size;    // columns, rows
out vec2 cell;
void main() {
  vec2 share = mix(rect.xy, rect.zw, corner);
  cell = (share - region.xy) / (region.zw - region.xy) * size;
  vec2 place = (frame.xy + frame.zw * share) / canvas;
  gl_Position = vec4(2.0 * place.x - 1.0, 1.0 - 2.0 * place.y, 0.0, 1.0);
}`

const HEADER = `#version 300 es
precision highp float;
precision highp int;
in vec2 cell;
out vec4 color;
uniform vec2 size;
uniform float opacity;

ivec2 nearest(vec2 place) { return ivec2(clamp(floor(place), vec2(0.0), size - 1.0)); }

struct Taps { ivec2 first; ivec2 second; vec2 weight; };
Taps tapsAt(vec2 place) {
  vec2 source = max(place - 0.5, 0.0);
  vec2 first = min(floor(source), size - 1.0);
  return Taps(ivec2(first), ivec2(min(first + 1.0, size - 1.0)), min(source - first, 1.0));
}
`

/**
 * Cells and labels are looked at four times within a fragment: where the picture is shrunk, colours mix instead of one
 * in several being dropped; where a cell is larger than a pixel, its borders lose their stairs and nothing else changes.
 */
const SUPERSAMPLE = `
void main() {
  vec2 dx = dFdx(cell) * 0.25;
  vec2 dy = dFdy(cell) * 0.25;
  vec4 sum = vec4(0.0);
  for (int i = 0; i < 4; i++) {
    vec2 place = cell + (i % 2 == 0 ? dx : -dx) + (i < 2 ? dy : -dy);
    vec4 one = colorOf(nearest(place));
    sum += vec4(one.rgb * one.a, one.a);
  }
  color = sum.a > 0.0 ? vec4(sum.rgb / sum.a, sum.a / 4.0 * opacity) : vec4(0.0);
}`

export const PICTURE_FRAGMENT = `#version 300 es
precision highp float;
in vec2 cell;
out vec4 color;
uniform sampler2D map;
uniform vec2 size;
void main() { color = vec4(texture(map, cell / size).rgb, 1.0); }`

const SCALAR = `${HEADER}
uniform highp sampler2D map;
uniform sampler2D colors; // 256 x 1
uniform vec2 domain;
vec4 colorOfValue(float value) {
  if (isnan(value)) return vec4(0.0);
  float range = domain.y - domain.x;
  float t = range > 0.0 ? (value - domain.x) / range : 0.5;
  return vec4(texelFetch(colors, ivec2(clamp(int(floor(t * 256.0)), 0, 255), 0), 0).rgb, 1.0);
}
float valueAt(ivec2 place) { return texelFetch(map, place, 0).r; }
`

export const SCALAR_CELLS_FRAGMENT = `${SCALAR}
vec4 colorOf(ivec2 place) { return colorOfValue(valueAt(place)); }
${SUPERSAMPLE}`

export const SCALAR_BILINEAR_FRAGMENT = `${SCALAR}
void main() {
  Taps taps = tapsAt(cell);
  float above = mix(valueAt(taps.first), valueAt(ivec2(taps.second.x, taps.first.y)), taps.weight.x);
  float below = mix(valueAt(ivec2(taps.first.x, taps.second.y)), valueAt(taps.second), taps.weight.x);
  vec4 one = colorOfValue(mix(above, below, taps.weight.y));
  color = vec4(one.rgb, one.a * opacity);
}`

export const LABELS_FRAGMENT = `${HEADER}
uniform highp usampler2D map;
uniform sampler2D colors; // 256 colours a row; alpha 0 where a label has none
vec4 colorOf(ivec2 place) {
  int label = int(texelFetch(map, place, 0).r);
  ivec2 at = ivec2(label % 256, label / 256);
  return at.y < textureSize(colors, 0).y ? texelFetch(colors, at, 0) : vec4(0.0);
}
${SUPERSAMPLE}`

export const RGB_CELLS_FRAGMENT = `${HEADER}
uniform sampler2D map;
vec4 colorOf(ivec2 place) { return vec4(texelFetch(map, place, 0).rgb, 1.0); }
${SUPERSAMPLE}`

export const RGB_BILINEAR_FRAGMENT = `${HEADER}
uniform sampler2D map;
vec3 at(int x, int y) { return texelFetch(map, ivec2(x, y), 0).rgb; }
void main() {
  Taps taps = tapsAt(cell);
  vec3 above = mix(at(taps.first.x, taps.first.y), at(taps.second.x, taps.first.y), taps.weight.x);
  vec3 below = mix(at(taps.first.x, taps.second.y), at(taps.second.x, taps.second.y), taps.weight.x);
  color = vec4(mix(above, below, taps.weight.y), opacity);
}`
