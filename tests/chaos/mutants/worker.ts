/** The writer's thread with a planted fault. What was sent to it before it listens is lost, so nothing here may be awaited. */
import './sql.ts'
import '../../../src/store/sqlite/write/sqlite.worker.ts'
