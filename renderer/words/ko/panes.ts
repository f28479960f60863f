import type { Words } from '../words'

/* 한 사진 위에 나란히 놓인 여러 모델. */

export const panes: Words['panes'] = {
  follow: '도구 모음과 같게',
  shows: (letter) => `${letter} 칸에 보일 것`,
  tensorOf: (letter) => `${letter} 칸의 텐서`,
  inSome: (tensor, letters) => `${tensor} (${letters})`,
  thisModel: '이 모델',
  hasNoTensor: (who, tensor) => `${who}에는 ${tensor} 텐서가 없습니다.`,
  hasNoClass: (who, name) => `${who}에는 “${name}” 클래스가 없습니다.`,
  gives: (tensors) => `${tensors} 텐서를 냅니다.`,
  showFeatures: '특징 보기',
  because: {
    words: '단어와 같은 공간에 있는 것이 없습니다.',
    decoder: '픽셀을 분류하는 디코더가 없습니다.'
  },
  cannotRun: (who, missing) => `${who}: 파일에 텐서 ${missing}개가 빠져 있어 실행할 수 없습니다.`,
  otherLabels: (who, letter) => `레이블은 ${letter}의 클래스를 가리키는데 ${who}의 목록은 달라서 비교할 수 없습니다.`,
  tagShared: (letters) => `${letters} 공통 눈금`,

  models: '수치를 볼 모델',
  probe: {
    measure: '비교 기준',
    rankBy: (letter, file) => `${letter}, ${file}: 이 모델 순으로 정렬`,
    noScores: '점수 맵 없음',
    noLogits: '로짓 없음',
    notYet: '아직 실행 전',
    noPartner: (letter, name) => `${letter}에는 “${name}” 클래스가 없습니다`,
    cellHint: (letter, cell) => `${letter}: ${cell}`,
    table: (n, letter) => `${letter}의 상위 클래스 ${n}개를 모든 모델에서 비교`
  }
}
