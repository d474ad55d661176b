/** The writer's thread with a planted fault. Nothing here may be awaited: messages sent before it listens are lost. */
import './sql.ts'
import '../../../src/store/sqlite/write/sqlite.worker.ts'
