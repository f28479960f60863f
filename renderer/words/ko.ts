import { contexts } from './ko/contexts'
import { doctor } from './ko/doctor'
import { onnx } from './ko/onnx'
import { opening } from './ko/opening'
import { panes } from './ko/panes'
import { sam } from './ko/sam'
import { refine } from './ko/refine'
import type { Words } from './words'

/* 창의 모든 글. 텐서와 파일의 이름, 엔진이 보내는 문장은 여기에 없다. 한국어에는 복수형이 따로 없다. */

export const ko: Words = {
  app: 'DenseCLIP Studio',
  views: { heatmaps: '히트맵', checkpoint: '체크포인트' },
  viewsLabel: '보기',
  noView: '이 모델이 내는 것을 그릴 수 있는 보기가 없습니다.',

  title: {
    label: '문서',
    noPicture: '사진 없음',
    noModel: '모델 없음',
    palette: '모든 명령',
    library: '라이브러리',
    inspector: '인스펙터',
    model: (letter) => `모델 ${letter}`
  },

  welcome: {
    model: 'DenseCLIP 체크포인트를 열면 모델이 보는 것을 볼 수 있습니다.',
    modelHow:
      '저자들이 공개한 파일을 창 아무 곳에나 놓으세요: DenseCLIP, CLIP, MaskCLIP, CoOp, CoCoOp, SAM, Semantic FPN, ImageNet ResNet.',
    picture: '모델에 넣을 사진을 여세요.',
    pictureHow: 'JPEG, PNG, WebP, TIFF 파일을 창 아무 곳에나 놓으세요.'
  },

  doctor,
  contexts,
  opening,
  panes,
  refine,
  onnx,

  actions: {
    open: '열기…',
    openSample: '예제 열기',
    chooseAnother: '다른 파일 고르기…',
    dismiss: '닫기',
    cancel: '취소',
    tryAgain: '다시 시도',
    copy: '눌러서 복사'
  },

  models: {
    heading: '모델',
    open: '체크포인트 열기…',
    samples: '예제',
    recent: '최근',
    empty:
      'DenseCLIP 체크포인트나 CLIP, MaskCLIP, CoOp, SAM 같은 모델이 들어갈 자리입니다. 저자들이 공개한 파일을 창에 놓거나 여세요.',
    opening: '여는 중…',
    classes: (n) => `클래스 ${n}개`,
    missing: (n) => `텐서 ${n}개가 없어서 이 모델은 살펴볼 수는 있지만 실행할 수 없습니다.`,
    notes: (n) => `참고 ${n}개`,
    cannotOpen: '이 체크포인트를 열 수 없습니다',
    cannotRun: '실행하지 못했습니다',
    closeModel: (letter) => `모델 ${letter} 닫기`
  },

  pictures: {
    heading: '사진',
    open: '사진 열기…',
    empty: '사진이나 데이터셋의 한 장면이 들어갈 자리입니다. JPEG, PNG, WebP, TIFF 파일을 창에 놓으세요.',
    opening: '여는 중…',
    cannotOpen: '이 사진을 열 수 없습니다',
    labels: '레이블',
    openLabels: '레이블 이미지 열기…',
    removeLabels: '레이블 닫기',
    cannotOpenLabels: '이 레이블을 열 수 없습니다',
    noLabels: '레이블 이미지 없음',
    domains: { day: '낮', night: '밤', fog: '안개', game: '게임' }
  },

  classes: {
    heading: '클래스',
    list: '모델의 클래스',
    search: '검색',
    none: '그런 이름의 클래스가 없습니다.',
    noWords: '이 체크포인트에는 텍스트 인코더가 없어서 고를 클래스가 없습니다.',
    before: '체크포인트의 클래스가 나올 자리입니다. 하나를 고르면 점수 맵이 보입니다.',
    empty: '클래스 목록이 비었습니다. 이름을 더하면 그 점수 맵이 보입니다.',
    byPresence: '비율',
    byList: '목록',
    order: '순서',
    shareFrom: {
      seg_logits: '디코더가 그 클래스라고 답한 픽셀의 비율',
      score_map: '점수 맵이 가장 높은 픽셀의 비율'
    },
    add: '클래스 더하기',
    rename: '이름 바꾸기',
    remove: '빼기',
    moveUp: '위로',
    moveDown: '아래로',
    reset: '체크포인트의 클래스로 되돌리기',
    edited: '바뀜',
    editedHint: '체크포인트의 목록과 다릅니다.',
    nameOf: (name) => `${name}의 새 이름`,
    nameOfNew: '새 클래스의 이름',
    tooLong: (tokens, fit) => `너무 깁니다: 토큰 ${tokens}개, ${fit}개까지 들어갑니다`,
    twice: '이미 목록에 있는 이름입니다',
    emptyName: '클래스에는 이름이 있어야 합니다'
  },

  probe: {
    heading: '프로브',
    hint: '사진 위로 마우스를 옮기면 그곳에서 모델이 말하는 것을 읽을 수 있습니다. 누르면 그 자리가 남습니다.',
    cell: '셀',
    cellOf: (row, column, rows, columns) => `${rows} × ${columns} 가운데 ${row}행 ${column}열`,
    pixel: '픽셀',
    truth: '레이블',
    ignored: '무시됨',
    window: '윈도',
    cosine: '코사인',
    logit: '로짓',
    className: '클래스',
    margin: '차이',
    marginHint: '첫째에서 둘째를 뺀 값',
    rank: (rank, of) => `${of} 가운데 ${rank}`,
    atPin: (number) => `핀 ${number}`,
    top: (n) => `코사인이 가장 높은 클래스 ${n}개`,
    topByLogit: (n) => `로짓이 가장 높은 클래스 ${n}개`
  },

  pins: {
    heading: '핀',
    empty: '사진을 누르면 핀이 꽂히고, Shift를 누른 채 누르면 더 꽂힙니다.',
    name: (number) => `핀 ${number}의 이름`,
    unnamed: '이름…',
    remove: (number) => `핀 ${number} 빼기`
  },

  run: {
    heading: '실행',
    mode: '추론',
    whole: '전체',
    slide: '슬라이딩',
    wholeHint: '사진 전체를 한 번에',
    slideHint: '논문의 슬라이딩 윈도: 윈도마다 따로 넣고 로짓을 평균합니다',
    window: '윈도',
    stride: '간격',
    px: 'px',
    scaling: '크기',
    published: '논문대로',
    original: '원본',
    publishedHint: '모델의 테스트 과정대로 크기를 맞춥니다',
    originalHint: '크기를 바꾸지 않습니다',
    input: (width, height) => `입력 ${width} × ${height} px`,
    gamma: 'γ',
    gammaLabel: 'γ의 배율, 사진이 낱말을 다듬는 정도',
    gammaHint: '사진이 낱말을 얼마나 다듬는지: t′ = t + γ·v. 1은 학습된 대로, 0은 낱말 그대로입니다.',
    gammaOff: '이 체크포인트는 사진으로 낱말을 다듬지 않아서 γ가 없습니다.',
    whatIf: '가정',
    whatIfHint: '학습된 값이 아닙니다.',
    tau: 'τ',
    tauLabel: 'τ, 매칭 손실의 온도',
    tauHint: '픽셀–텍스트 매칭 손실(s/τ의 교차 엔트로피)의 온도입니다.',
    reset: '학습된 대로'
  },

  quality: {
    heading: '레이블과 비교',
    decoder: '디코더',
    scoreMap: '점수 맵',
    meanIou: 'mIoU',
    pixelAccuracy: '픽셀 정확도',
    pixels: '픽셀',
    note: (n) => `이 사진 한 장, 클래스 ${n}개의 평균. 없는 클래스는 0으로 셉니다.`,
    chosen: (name) => `${name}의 IoU`,
    nothing: '이 모델은 픽셀에 클래스를 매기지 않으므로 비교할 것이 없습니다.'
  },

  tensors: {
    heading: '텐서',
    save: (name) => `${name}을 NPY로 저장…`,
    none: '체크포인트를 열면 그 모델이 내는 텐서가 보입니다.',
    notYet: '아직 내는 텐서가 없습니다. 무엇이 부족한지는 모델 카드에 있습니다.',
    saved: (path) => `${path} 저장함`
  },

  facts: { heading: '체크포인트', source: '출처', size: '크기', hash: 'SHA-256', why: '이 계열로 본 까닭' },

  options: { heading: '보기' },

  heatmaps: {
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
      logits: '클래스의 로짓',
      ...sam.overlays
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
    exportOld: '새 결과를 계산하는 중입니다. 나온 뒤에 내보내세요.',
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
    tagClasses: '고친 클래스 목록',
    tagLabels: (width: number, height: number) => `레이블 크기 조정: ${width} × ${height}에서`,
    tagBeyond: (share: string) => `클래스 없는 레이블 ${share}`,
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
    needsLabels: '이 사진의 정답이 없습니다. 비교하려면 레이블 이미지를 창에 놓으세요.',
    needsProbe: '사진 위를 가리키면 그 셀과 다른 모든 셀이 얼마나 비슷한지 보여 줍니다.',
    noClasses: '이 모델에는 클래스가 없습니다.',
    noPicture: '열린 사진이 없습니다. 창에 놓아 주세요.',
    noModel: '열린 모델이 없습니다. 체크포인트를 창에 놓으면 모델이 보는 것을 보여 줍니다.',
    working: '계산 중…'
  },

  sam,

  status: {
    label: '상태',
    engine: {
      starting: '엔진 시작 중…',
      ready: '엔진 준비됨',
      restarting: (reason) => `엔진 다시 시작 중: ${reason}`,
      failed: (reason) => `엔진 멈춤: ${reason}`
    },
    provider: '실행 장치',
    providerUsed: '지금 쓰는 것',
    providerAvailable: '쓸 수 있음',
    automatic: '자동',
    threads: (n) => `스레드 ${n}개`,
    memory: '메모리',
    memoryOf: { engine: '엔진', tensors: '보관 중인 텐서', cache: '디스크의 컴파일된 모델' },
    lastRun: '마지막 실행',
    stages: {
      image_encoder: '이미지',
      text_encoder: '텍스트',
      context_decoder: '문맥',
      meta_net: '문맥 벡터',
      image_prompt: '이미지 프롬프트',
      stored_words: '텍스트',
      prompt_encoder: '프롬프트',
      mask_decoder: '마스크',
      score_map: '점수',
      prompt_denoising: '잡음 제거',
      key: '키',
      key_smoothing: '평활화',
      picture_logits: '사진',
      decode_head: '디코더',
      upsample: '확대',
      count: '가중치',
      compare: '가중치'
    },
    kept: '그대로',
    keptHint: '이 단계가 쓰는 것이 바뀌지 않았습니다',
    left: (time) => `${time} 남음`,
    tasks: {
      'open-model': (name) => `${name} 여는 중`,
      'open-picture': (name) => `${name} 여는 중`,
      'open-labels': (name) => `${name} 여는 중`,
      run: (letter) => `모델 ${letter} 실행 중`,
      count: (name: string) => `${name}의 모든 가중치 읽는 중`,
      compare: (names: string) => `${names} 비교 중`
    },
    ended: '멈췄습니다. 무엇이든 바꾸면 모델이 다시 실행됩니다.',
    restart: '엔진 다시 시작',
    recovered: (reason) => `엔진이 멈춰서(${reason}) 다시 시작했고, 열려 있던 것을 다시 엽니다.`
  },

  hints: {
    label: '도움말',
    probe: '사진 위로 마우스를 옮기면 그 셀과 모든 클래스의 코사인이 인스펙터에 나옵니다.',
    classes: '클래스 목록에서 ↑ ↓를 누르면 점수 맵을 차례로 볼 수 있습니다.',
    drop: '체크포인트나 사진을 창 아무 곳에나 놓으세요. ?를 누르면 모든 키가 나옵니다.',
    next: '알겠습니다',
    place: (at, of) => `${at}/${of}`
  },

  drop: {
    here: '체크포인트, 사진, 레이블 이미지를 놓으세요',
    unknown: (name) =>
      `“${name}”은 체크포인트도 사진도 아닙니다. .pth, .pt, .safetensors, .onnx, JPEG, PNG, WebP, TIFF를 열 수 있습니다.`,
    folder: (name) => `“${name}”은 폴더입니다. 안에 든 파일을 놓으세요.`
  },

  palette: { label: '명령', search: '명령 검색', none: '그런 이름의 명령이 없습니다.' },

  keys: {
    heading: '키와 동작',
    gestures: '사진에서',
    hover: '마우스 이동',
    hoverDoes: '그곳의 값을 읽기',
    click: '누르기',
    clickDoes: '핀 꽂기',
    shiftClick: 'Shift-누르기',
    shiftClickDoes: '핀 더 꽂기',
    drag: '끌기, 휠',
    dragDoes: '움직이기, 마우스 자리에서 확대',
    doubleClick: '두 번 누르기',
    doubleClickDoes: '사진을 창에 맞추기',
    pictureKeysDoes: '사진에서: 이동, 확대',
    spaceDoes: '누르는 동안 사진만 보기',
    classKeysDoes: '클래스 목록에서: 다음 클래스',
    typeLetters: '글자',
    typeLettersDoes: '클래스 목록에서: 검색',
    editKeysDoes: '클래스 목록에서: 이름 바꾸기, 빼기',
    moveKeysDoes: '목록 순서일 때: 옮기기',
    escape: '실행을 멈추고, 열린 것을 닫고, 핀을 지우기'
  },

  groups: { file: '파일', edit: '편집', view: '보기', show: '표시', engine: '엔진', help: '도움말' },

  commands: {
    'open-checkpoint': '체크포인트 열기…',
    'open-beside': '나란히 열기…',
    'open-picture': '사진 열기…',
    'open-labels': '레이블 이미지 열기…',
    'open-sample': '예제 열기',
    'export-pane': '창 내보내기…',
    'export-tensor': '텐서 내보내기…',
    'clear-recent': '최근 파일 지우기',
    undo: '되돌리기',
    redo: '다시 하기',
    'next-class': '다음 클래스',
    'previous-class': '이전 클래스',
    'add-class': '클래스 더하기',
    'class-names': '클래스 이름…',
    'reset-classes': '체크포인트의 클래스로 되돌리기',
    'view-1': '히트맵',
    'view-2': '체크포인트',
    'fit-picture': '사진을 창에 맞추기',
    'toggle-library': '라이브러리',
    'toggle-inspector': '인스펙터',
    'toggle-theme': '밝게 또는 어둡게',
    'follow-system-theme': '밝기를 시스템에 맞추기',
    'switch-language': 'Switch to English',
    'show-score-map': '클래스의 점수 맵',
    'show-score-argmax': '점수 맵의 argmax',
    'show-decoder-argmax': '디코더의 argmax',
    'show-labels': '정답',
    'show-similar': '비슷한 셀',
    'show-features': '특징',
    'toggle-cells': '셀 또는 쌍선형',
    'toggle-scale': '공통 또는 개별 눈금',
    'swap-models': '모델 A와 B 바꾸기',
    'run-again': '다시 실행',
    'restart-engine': '엔진 다시 시작',
    'clear-model-cache': '컴파일된 모델 지우기',
    'command-palette': '모든 명령…',
    'keyboard-sheet': '키'
  },

  done: {
    cacheCleared: '컴파일된 모델을 지웠습니다.',
    copied: (text) => `${text} 복사함`
  }
}
