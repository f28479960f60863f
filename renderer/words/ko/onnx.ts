import type { Words } from '../words'

export const onnx: Words['onnx'] = {
  heading: (letter) => (letter ? `${letter}의 출력` : '출력'),
  hint: '파일에는 출력의 이름만 있고 뜻은 없습니다. 한 번만 고르세요. 파일이 어디에 있든 내용이 같으면 기억합니다.',
  meaningOf: (output) => `${output}의 뜻`,
  meanings: {
    ignore: '표시하지 않음',
    'feature-map': '특징 맵',
    'embedding-map': '임베딩 맵 z',
    'score-map': '점수 맵',
    logits: '디코더의 로짓',
    'picture-embedding': '이미지 임베딩',
    'picture-logits': '이미지 로짓',
    'text-embedding': '텍스트 임베딩',
    'cell-attention': '어텐션'
  },
  normalization: '정규화',
  normalizations: { clip: 'CLIP', imagenet: 'ImageNet', '0..1': '0에서 1', '0..255': '0에서 255' },
  classes: '클래스 수',
  classesHint: '파일에 정해져 있지 않습니다. 점수 맵이나 로짓을 고르기 전에 입력하세요.',
  notKept: '출력의 뜻을 저장하지 못했습니다. 디스크에 쓸 수 없습니다.',
  needsMeaning: (tensor) => `아직 ${tensor}에 해당하는 출력이 정해지지 않았습니다. 인스펙터의 출력에서 골라 주세요.`
}
