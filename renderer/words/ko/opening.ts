import type { Words } from '../words'

export const opening: Words['opening'] = {
  beside: '나란히 열기…',
  besideNamed: '나란히 열기',
  replace: '바꾸기…',
  insteadOf: 'A 자리에 열기',
  close: '닫기',
  makeLead: '모델 A로 만들기',
  menuOf: (letter) => `모델 ${letter}: 바꾸기, 닫기`,
  full: '모델 네 개가 열려 있어 더 열 수 없습니다. 먼저 하나를 닫으세요.',

  system: '시스템',
  openedAs: '여는 방식',
  compareWith: (system) => `${system}과 비교`,
  compareHint:
    '같은 가중치를 다른 방식으로 나란히 엽니다. 한 질문에 대한 두 가지 답입니다. 크기를 원본으로 하면 둘 다 같은 픽셀을 받습니다.',
  why: '판단한 이유와 얻을 수 있는 것',
  zIs: 'z를 만드는 방법. z는 점수 맵이 낱말과 비교하는 셀입니다.',
  doesNotGive: '얻을 수 없는 것',
  lacks: {
    scoreMap: '점수 맵: 낱말와 공유하는 공간이 없습니다.',
    scoreMapFiles: '점수 맵: 계산에 필요한 파일이 없습니다.',
    decoder: '디코더: 픽셀에 레이블을 붙이는 디코더가 없어 점수 맵만 볼 수 있습니다.',
    anyLabels: '픽셀 레이블: 디코더도 낱말도 없습니다. 특징, PCA, 비슷한 셀을 보세요.',
    words: '다른 낱말: 텍스트 임베딩이 저장되어 있을 뿐, 새 낱말를 인코딩할 텍스트 인코더가 없습니다.',
    noWords: '낱말: 텍스트 인코더가 없습니다.',
    meanings: '점수와 레이블: 이에 해당하는 출력이 아직 없습니다. 인스펙터의 출력에서 골라 주세요.'
  },

  needs: {
    clip: {
      what: '학습에 쓰인 CLIP',
      why: '이 파일에는 학습된 컨텍스트만 있습니다. 그것을 읽는 인코더는 별도 파일인 CLIP에 있습니다.',
      choose: 'CLIP 선택…'
    },
    clipWeights: {
      what: '프로젝션: *_clip_weights.pth',
      why: 'MaskCLIP은 낱말 공간으로 가는 프로젝션을 백본 옆의 파일에 둡니다.',
      choose: '가중치 선택…'
    },
    clipText: {
      what: '텍스트 임베딩: *_clip_text.pth',
      why: 'MaskCLIP에는 텍스트 인코더가 없습니다. 클래스의 임베딩은 한 번 계산해 저장해 둔 것입니다.',
      choose: '임베딩 선택…'
    },
    projection: {
      what: '이미지 프롬프트의 프로젝션',
      why: 'z̄에서 토큰으로 가는 선형 층 하나이며 별도 파일입니다. state dict, .safetensors, .npy를 읽습니다.',
      choose: '프로젝션 선택…'
    }
  },
  needsMore: '아직 실행할 수 없습니다',
  use: (name) => `${name} 사용`,
  dropToo: '파일을 창에 끌어다 놓아도 됩니다.',
  companions: { clip: 'CLIP', clipWeights: '프로젝션', clipText: '텍스트 임베딩', projection: '프로젝션' },
  another: '다른 파일…',
  cannotChange: '이전 상태를 유지합니다',

  classPosition: '컨텍스트 속 이름 위치',
  classPositions: { end: '끝', middle: '가운데', front: '앞' },
  classPositionHint: '학습할 때 클래스 이름이 어디에 있었는지는 파일에 없습니다.',

  classesLater: '필요한 파일이 갖춰지면 클래스가 여기에 나옵니다.',

  names: {
    heading: '클래스 이름',
    give: '클래스 이름 붙이기…',
    chooseList: '목록 선택…',
    unnamed: (n) => `텍스트 임베딩 ${n}개에 이름이 없어 class 1부터 class ${n}까지로 표시합니다.`,
    wantsNames: (n) => `클래스 ${n}개마다 컨텍스트를 학습했습니다. 학습할 때의 순서대로 이름을 입력하세요.`,
    wantsClasses: '이 모델은 사진을 어떤 낱말와도 비교합니다. 목록을 고르거나 이름을 입력하세요.',
    how: '한 줄에 하나씩, 또는 쉼표로 구분해 입력합니다.',
    list: '목록에서 가져오기',
    listOf: (letter) => `모델 ${letter}`,
    given: (n) => `${n}개 입력됨`,
    neededAndGiven: (needed, given) => `${needed}개 필요, ${given}개 입력됨`,
    twice: (name) => `“${name}”이(가) 두 번 있습니다. 클래스는 이름으로 구별됩니다.`,
    order: '파일의 순서대로 입력하세요. 순서가 틀려도 파일만으로는 알 수 없습니다.',
    apply: '이 이름 사용'
  },

  dropInstead: (letter) => `체크포인트는 모델 ${letter} 자리에 열립니다.`,
  dropBesideHow: 'Shift를 누르거나 모델 패널에 놓으면, 또는 여러 개를 함께 놓으면 나란히 열립니다.',
  dropBeside: '체크포인트를 놓으면 나란히 열립니다'
}
