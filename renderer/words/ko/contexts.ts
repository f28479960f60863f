import type { Words } from '../words'

export const contexts: Words['contexts'] = {
  heading: (letter) => (letter === '' ? '학습된 컨텍스트' : `${letter}의 학습된 컨텍스트`),
  lead: '학습된 벡터마다 CLIP 어휘에서 가장 가까운 낱말입니다. 뒤가 이어지는 조각에는 붙임표가 붙습니다.',
  metric: '가까움의 기준',
  metrics: { euclidean: '거리', cosine: '코사인' },
  metricHints: {
    euclidean: '토큰 임베딩 공간의 유클리드 거리, CoOp 저자들이 잰 방식입니다',
    cosine: '토큰 임베딩과의 코사인, 길이는 상관하지 않습니다'
  },
  of: '컨텍스트',
  which: { picture: '사진', learned: '학습' },
  whichHints: {
    picture: '열린 사진에 대한 컨텍스트',
    learned: '사진이 옮기기 전, 저장된 그대로의 컨텍스트'
  },
  ofClass: (name, place, of) =>
    `클래스 ${name}의 컨텍스트(${of}개 중 ${place}번째)입니다. 클래스 목록에서 다른 것을 고를 수 있습니다.`,
  ofPicture: '이 사진에 대한 컨텍스트입니다.',
  ofFirstWindow: '이 사진의 첫 창에 대한 컨텍스트입니다.',
  beforePicture: '학습된 그대로입니다. 사진을 열면 그 사진의 컨텍스트를 볼 수 있습니다.',
  vector: '벡터',
  word: '낱말',
  distance: '거리',
  cosine: '코사인',
  ofMedian: '중앙값 대비',
  ofMedianHint: '가장 가까운 낱말까지의 거리를 모든 낱말까지 거리의 중앙값으로 나눈 비율',
  median: '중앙값',
  medianHint: '모든 낱말과의 코사인의 중앙값',
  more: (vector) => `${vector}에 가까운 낱말 더 보기`,
  image: '토큰으로 넣은 사진',
  little: (vectors) => `${vectors}: 모든 낱말이 비슷하게 가까워서, 가장 가까운 낱말은 별 뜻이 없습니다.`,
  copy: '표 복사',
  copied: '표',
  searching: '어휘를 찾는 중…',
  failed: '낱말을 알 수 없습니다'
}
