import Database from 'better-sqlite3';

const [, , file, statement] = process.argv;
const database = new Database(file, { fileMustExist: true });
database.exec(statement);
database.close();
