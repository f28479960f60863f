import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import tseslint from 'typescript-eslint'

// Which folder may take from which; docs/architecture.md draws the same arrows.
// A later block replaces the rule's options, so each folder repeats what its parent bans.
const FROM_MODELS = [
  {
    group: ['electron', 'node:*', 'onnxruntime-node', 'sharp', 'svelte', 'svelte/*'],
    message: 'models/ is pure TypeScript.'
  },
  { group: ['**/main/**', '**/renderer/**'], message: 'models/ takes nothing from main/ or renderer/.' }
]
const ban = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

export default tseslint.config(
  { ignores: ['out/**', 'dist/**', 'resources/**', 'node_modules/**', 'test-results/**', 'playwright-report/**'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    rules: {
      'no-undef': 'off', // TypeScript's work
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // a recursive type through Map needs an interface with a single parent
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      eqeqeq: 'error'
    }
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: tseslint.parser } },
    // Maps and Sets here are either private or immutable values behind $state.raw
    rules: { 'svelte/prefer-svelte-reactivity': 'off' }
  },
  { files: ['models/**/*.ts'], ignores: ['models/**/*.test.ts'], rules: ban(...FROM_MODELS) },
  {
    files: ['models/checkpoints/**/*.ts'],
    ignores: ['models/**/*.test.ts'],
    rules: ban(...FROM_MODELS, {
      group: ['**/graph/**', '**/architectures/**'],
      message: 'checkpoints/ knows no graph and no architecture.'
    })
  },
  {
    files: ['models/figures/**/*.ts', 'models/analysis/**/*.ts'],
    ignores: ['models/**/*.test.ts'],
    rules: ban(...FROM_MODELS, {
      group: ['**/architectures/**', '**/checkpoints/**', '**/graph/**'],
      message: 'figures/ and analysis/ know no architecture.'
    })
  },
  {
    files: ['models/graph/**/*.ts'],
    ignores: ['models/**/*.test.ts'],
    rules: ban(...FROM_MODELS, { group: ['**/architectures/**'], message: 'graph/ knows no architecture.' })
  },
  {
    files: ['main/**/*.ts'],
    rules: ban({ group: ['**/renderer/**'], message: 'main/ takes nothing from renderer/.' })
  },
  {
    files: ['main/**/*.ts'],
    ignores: ['main/engine/sessions.ts'],
    rules: ban(
      { group: ['**/renderer/**'], message: 'main/ takes nothing from renderer/.' },
      {
        group: ['onnxruntime-node', 'onnxruntime-common'],
        message: 'main/engine/sessions.ts is the one import of the runtime.'
      }
    )
  },
  {
    files: ['renderer/**/*.ts', 'renderer/**/*.svelte'],
    rules: ban({
      group: ['**/main/**', 'electron', 'node:*'],
      message: 'renderer/ takes nothing from main/, not even types.'
    })
  },
  // Playwright insists on a pattern where a fixture takes nothing
  { files: ['e2e/**/*.ts'], rules: { 'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }] } },
  {
    files: ['renderer/plots/**'],
    rules: ban(
      { group: ['**/main/**', 'electron', 'node:*'], message: 'renderer/ takes nothing from main/, not even types.' },
      { group: ['**/state/**', '**/views/**'], message: 'plots/ know no state and no views.' }
    )
  }
)
