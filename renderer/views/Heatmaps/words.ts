import type { Language } from '#models/api'
import type { OverlayKind } from '../../state/choices'

/** What the Heatmaps view says, in one language. Tensor names stay the authors' in every language. */
export interface HeatmapsWords {
  readonly overlays: Readonly<Record<OverlayKind | 'picture', string>>
  readonly tools: string
  readonly overlay: string
  readonly beside: string
  readonly layout: string
  readonly layouts: { readonly single: string; readonly 'side-by-side': string; readonly swipe: string }
  readonly interpolation: string
  readonly bilinear: string
  readonly cells: string
  readonly scale: string
  readonly shared: string
  readonly own: string
  readonly colors: string
  readonly sequential: string
  readonly signed: string
  readonly colorMap: string
  readonly opacity: string
  readonly tensor: string
  readonly channel: string
  readonly pca: string
  readonly pcaColors: string
  readonly exportPane: string
  readonly exportHint: string
  readonly exported: (name: string) => string
  readonly picture: string
  readonly swipeLine: string
  readonly groundTruth: string
  readonly argmaxOf: (tensor: string) => string
  readonly crossEntropyOf: (what: string) => string
  readonly cellsLike: (row: number, column: number) => string
  readonly channelOf: (channel: number) => string
  readonly component: (index: number, share: string) => string
  readonly componentColors: readonly [string, string, string]
  /** how values between the centres of cells are shown */
  readonly tagInterpolation: { readonly bilinear: string; readonly cells: string }
  readonly tagWhole: string
  readonly tagSlide: (window: number, stride: number) => string
  readonly tagInput: (width: number, height: number) => string
  readonly tagShared: string
  readonly tagOwn: string
  readonly tagGamma: (factor: string) => string
  readonly tagTau: (tau: string) => string
  readonly tagPcaPerWindow: string
  readonly tagMean: (mean: string) => string
  readonly tagMeanIou: (iou: string, accuracy: string) => string
  readonly tagOld: string
  /** what holds on one side of the swipe line only */
  readonly tagLeft: (tag: string) => string
  readonly tagRight: (tag: string) => string
  readonly needsTensor: (tensor: string) => string
  readonly needsLabels: string
  readonly needsProbe: string
  readonly needsClass: (name: string) => string
  readonly noClasses: string
  readonly noPicture: string
  readonly noModel: string
  readonly working: string
}

const en: HeatmapsWords = {
  overlays: {
    picture: 'Picture',
    score_map: 'Score map',
    'score-argmax': 'Argmax of score map',
    'decoder-argmax': 'Argmax of decoder',
    labels: 'Ground truth',
    'loss-decoder': 'Loss of decoder',
    'loss-score': 'Loss of score map',
    similar: 'Similar cells',
    feature: 'Features',
    logits: 'Logit of class'
  },
  tools: 'What is shown',
  overlay: 'Overlay',
  beside: 'Beside it',
  layout: 'Layout',
  layouts: { single: 'Single', 'side-by-side': 'Side by side', swipe: 'Swipe' },
  interpolation: 'Cells',
  bilinear: 'Bilinear',
  cells: 'As they are',
  scale: 'Scale',
  shared: 'Shared',
  own: 'Own',
  colors: 'Colours',
  sequential: 'Sequential',
  signed: 'Signed',
  colorMap: 'Colour map',
  opacity: 'Opacity',
  tensor: 'Tensor',
  channel: 'Channel',
  pca: 'PCA',
  pcaColors: 'PCA as RGB',
  exportPane: 'Export…',
  exportHint: 'What the panes show as SVG and PNG, with a JSON that says where it came from',
  exported: (name) => `Exported ${name}`,
  picture: 'Picture',
  swipeLine: 'Swipe line',
  groundTruth: 'ground truth',
  argmaxOf: (tensor) => `argmax of ${tensor}`,
  crossEntropyOf: (what) => `cross-entropy of ${what}`,
  cellsLike: (row, column) => `cosine to row ${row}, column ${column}`,
  channelOf: (channel) => `channel ${channel}`,
  component: (index, share) => `component ${index}, ${share} of variance`,
  componentColors: ['red', 'green', 'blue'],
  tagInterpolation: { bilinear: 'bilinear', cells: 'cells' },
  tagWhole: 'whole picture',
  tagSlide: (window, stride) => `sliding window ${window}/${stride}`,
  tagInput: (width, height) => `resampled to ${width} × ${height}`,
  tagShared: 'shared scale',
  tagOwn: 'own scale',
  tagGamma: (factor) => `γ × ${factor} what-if`,
  tagTau: (tau) => `τ ${tau}`,
  tagPcaPerWindow: 'each window its own PCA',
  tagMean: (mean) => `mean ${mean} nats`,
  tagMeanIou: (iou, accuracy) => `mIoU ${iou} · pixels right ${accuracy}`,
  tagOld: 'before the last change',
  tagLeft: (tag) => `left: ${tag}`,
  tagRight: (tag) => `right: ${tag}`,
  needsTensor: (tensor) => `This model has no ${tensor}.`,
  needsLabels: 'There is no ground truth for this picture. Drop its label image on the window to compare.',
  needsProbe: 'Point at the picture: the map shows how alike all cells are to the one under the mouse.',
  needsClass: (name) => `This model has no class “${name}”.`,
  noClasses: 'This model has no classes.',
  noPicture: 'No picture is open. Drop one on the window.',
  noModel: 'No model is open. Drop a checkpoint on the window to see what it sees.',
  working: 'Working…'
}

const ko: HeatmapsWords = {
  overlays: {
    picture: '사진',
    score_map: '점수 맵',
    'score-argmax': '점수 맵의 argmax',
    'decoder-argmax': '디코더의 argmax',
    labels: '정답',
    'loss-decoder': '디코더의 손실',
    'loss-score': '점수 맵의 손실',
    similar: '비슷한 셀',
    feature: '특징',
    logits: '클래스의 로짓'
  },
  tools: '표시할 것',
  overlay: '오버레이',
  beside: '비교 대상',
  layout: '배치',
  layouts: { single: '하나', 'side-by-side': '나란히', swipe: '밀어 보기' },
  interpolation: '셀',
  bilinear: '쌍선형',
  cells: '그대로',
  scale: '눈금',
  shared: '공통',
  own: '개별',
  colors: '색',
  sequential: '순차',
  signed: '부호',
  colorMap: '색상 맵',
  opacity: '불투명도',
  tensor: '텐서',
  channel: '채널',
  pca: 'PCA',
  pcaColors: 'PCA를 RGB로',
  exportPane: '내보내기…',
  exportHint: '화면 그대로 SVG와 PNG로, 출처를 적은 JSON과 함께',
  exported: (name) => `${name} 내보냄`,
  picture: '사진',
  swipeLine: '경계선',
  groundTruth: '정답',
  argmaxOf: (tensor) => `${tensor}의 argmax`,
  crossEntropyOf: (what) => `${what}의 교차 엔트로피`,
  cellsLike: (row, column) => `${row}행 ${column}열과의 코사인`,
  channelOf: (channel) => `채널 ${channel}`,
  component: (index, share) => `성분 ${index}, 분산의 ${share}`,
  componentColors: ['빨강', '초록', '파랑'],
  tagInterpolation: { bilinear: '쌍선형', cells: '셀' },
  tagWhole: '사진 전체',
  tagSlide: (window, stride) => `슬라이딩 윈도 ${window}/${stride}`,
  tagInput: (width, height) => `${width} × ${height}로 재표본화`,
  tagShared: '공통 눈금',
  tagOwn: '개별 눈금',
  tagGamma: (factor) => `γ × ${factor} 가정`,
  tagTau: (tau) => `τ ${tau}`,
  tagPcaPerWindow: '윈도마다 따로 PCA',
  tagMean: (mean) => `평균 ${mean} nat`,
  tagMeanIou: (iou, accuracy) => `mIoU ${iou} · 맞은 픽셀 ${accuracy}`,
  tagOld: '변경 전',
  tagLeft: (tag) => `왼쪽: ${tag}`,
  tagRight: (tag) => `오른쪽: ${tag}`,
  needsTensor: (tensor) => `이 모델에는 ${tensor}가 없습니다.`,
  needsLabels: '이 사진의 정답이 없습니다. 비교하려면 레이블 이미지를 창에 놓으세요.',
  needsProbe: '사진 위를 가리키면 그 셀과 다른 모든 셀이 얼마나 비슷한지 보여 줍니다.',
  needsClass: (name) => `이 모델에는 “${name}” 클래스가 없습니다.`,
  noClasses: '이 모델에는 클래스가 없습니다.',
  noPicture: '열린 사진이 없습니다. 창에 놓아 주세요.',
  noModel: '열린 모델이 없습니다. 체크포인트를 창에 놓으면 모델이 보는 것을 보여 줍니다.',
  working: '계산 중…'
}

export const HEATMAPS_WORDS: Readonly<Record<Language, HeatmapsWords>> = { en, ko }
