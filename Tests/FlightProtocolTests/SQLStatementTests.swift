import FlightProtocol
import TestSupport
import Testing

@Suite struct SQLStatementTests {
    @Test(
        "One statement that begins with a reading word and holds no writing one reads",
        arguments: [
            "SELECT 1", "select * from t", "SeLeCt a FROM t;", "SELECT 1 ;  ", "\n\tSELECT 1\r\n;\n", "SELECT",
            "VALUES (1), (2)", "TABLE t", "FROM t", "FROM t SELECT a", "SHOW TABLES", "SHOW CREATE TABLE t",
            "show create view v", "SHOW GRANTS FOR ann", "DESCRIBE t", "DESC t", "DESCRIBE SELECT 1",
            "WITH a AS (SELECT 1) SELECT * FROM a", "WITH RECURSIVE a(n) AS (VALUES (1)) SELECT n FROM a",
            "WITH a AS (SELECT 1), b AS (SELECT 2) FROM a", "(SELECT 1)", "((SELECT 1)) UNION (SELECT 2)",
            "(WITH a AS (SELECT 1) SELECT 2)", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1",
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1", "EXPLAIN FORMAT=JSON SELECT 1", "EXPLAIN FORMAT='json' SELECT 1",
            "EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN ANALYZE VERBOSE WITH a AS (SELECT 1) SELECT 2",
            "EXPLAIN (SELECT 1)", "EXPLAIN ((SELECT 1) UNION (SELECT 2))", "EXPLAIN TABLE t",
            "-- why\nSELECT 1", "/* why */ SELECT 1 -- because", "SELECT 1 --", "SELECT/**/1", "SELECT 1 /* ; DROP */",
            "SELECT 1; -- the end\n", "SELECT 1; /* the end */", "/*** a ***/ SELECT 1", "SELECT /* -- */ 1",
            "SELECT 'INSERT INTO t; -- /* '", "SELECT 'it''s'", "SELECT ''", "SELECT '' || ''", "SELECT 'a\nb'",
            "SELECT 'Zürich — Übersicht'", #"SELECT "update" FROM "drop""#, #"SELECT "a""b" FROM t"#, #"SELECT """#,
            #"SELECT '\d+\.\w'"#, #"SELECT 'C:\dir\\'"#, "SELECT 'a' LIKE 'b%' ESCAPE '!'", "SELECT E'a', N'b', x'00'",
            "SELECT DATE'2024-01-01', U&'a'", "SELECT `a-b`.`c` FROM `p.d.t_*`", "SELECT a[1], b[1:2], [1, 2, 'x']",
            "SELECT ARRAY['a', 'b'][1]", "SELECT [select me] FROM [dbo].[t]", "SELECT {'a': 1}", "SELECT $1, $2::int",
            "SELECT ?, :name, @v", "SELECT a::text, b ->> 'c', d @> e, f ^ 1",
            "SELECT 1e5, 1.5e-3, .5, 1., 0x1F, 1_000, 1e+2", "SELECT count(*) / 2", "SELECT a - -1, a*-1",
            "SELECT replace(a, 'x', 'y')", "SELECT * REPLACE (a AS b) FROM t", "SELECT truncate (1.5, 0)",
            "SELECT * RENAME (a AS b) FROM t", "SELECT * FROM a JOIN b USING (id)", "SELECT updated, inserted FROM t",
            "SELECT a FROM t FOR SYSTEM_TIME AS OF '2024-01-01'", "SELECT substring(a FROM 1 FOR 2)",
            "SELECT a_drop, drop_a, dropx FROM settings", "SELECT CASE WHEN a THEN 1 ELSE 2 END",
            "SELECT nextval('s')", "SELECT comment FROM t", "SELECT 1 FOR READ ONLY", "SELECT \"ſ\", 'ı'",
        ])
    func reads(_ text: String) {
        #expect(SQLStatement.kind(of: text) == .read)
    }

    @Test(
        "A statement whose first word writes writes, whatever follows",
        arguments: [
            "INSERT INTO t VALUES (1)", "insert into t select 1", "UPDATE t SET a = 1", "DELETE FROM t",
            "MERGE INTO t USING s", "CREATE TABLE t (a int)", "DROP TABLE t", "ALTER TABLE t ADD a int",
            "TRUNCATE t", "REPLACE INTO t VALUES (1)", "REPLACE t VALUES (1)", "GRANT ALL ON t TO ann",
            "REVOKE ALL ON t FROM ann", "UPSERT INTO t VALUES (1)", "/* c */ INSERT INTO t VALUES ('\\')",
            "-- c\nDROP TABLE t; SELECT 1", "ATTACH 'x.db'", "DETACH x", "INSTALL httpfs", "VACUUM", "OPTIMIZE t",
            "REFRESH MATERIALIZED VIEW v", "IMPORT DATABASE 'x'", "RENAME TABLE a TO b", "UNDROP TABLE t", "(DELETE",
        ])
    func writes(_ text: String) {
        #expect(SQLStatement.kind(of: text) == .write)
    }

    @Test(
        "Of anything that is not one whole statement of a known sort nobody can tell",
        arguments: [
            "", " ", ";", "-- only", "/* only */", "1", "'SELECT'", "\"SELECT\" 1", "`SELECT` 1", "[SELECT] 1", ")",
            "(", "()", "SELECT (1", "SELECT 1)", "(SELECT 1; )", "foo", "CALL p()", "EXEC p", "EXECUTE p", "BEGIN",
            "COMMIT", "ROLLBACK", "SET a = 1", "RESET a", "USE db", "PRAGMA x", "COPY t TO 'f'", "LOAD x",
            "DO $$ x $$", "ANALYZE t", "PREPARE p AS SELECT 1", "{call p()}", "sp_who", "SELECTED 1", "_SELECT 1",
            "SELECT 1; SELECT 2", "SELECT 1;;", "; SELECT 1", "SELECT 1; DROP TABLE t", "SELECT 1 DROP TABLE t",
            "SELECT 1 EXEC('x')", "SELECT 1 SHUTDOWN", "SELECT 1 KILL 5", "SELECT 1 DISABLE TRIGGER x ON y",
            "SELECT 1 RENAME OBJECT a TO b", "SELECT 1 BEGIN TRAN", "SELECT 1 TRUNCATE TABLE t",
            "SELECT 1 ->> COMMENT ON TABLE t IS 'x'", "SELECT * INTO t FROM u", "SELECT 1 INTO OUTFILE '/x'",
            "SELECT a FROM t FOR UPDATE", "SELECT a FROM t FOR SHARE", "SELECT a FROM t FOR /* x */ KEY SHARE",
            "SELECT a FROM t FOR NO KEY UPDATE", "SELECT a FROM t LOCK IN SHARE MODE",
            "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "WITH a AS (SELECT 1) INSERT INTO t SELECT 1",
            "WITH a AS (SELECT 1) UPDATE t SET b = 1", "WITH a AS (SELECT 1) REPLACE t SELECT 1",
            "WITH a AS (SELECT 1)", "WITH a AS (SELECT 1) foo", "WITH", "(WITH a AS (SELECT 1)) SELECT 1",
            "FROM t INSERT INTO u SELECT *", "FROM t INSERT OVERWRITE u", "TABLE t INTO OUTFILE '/x'",
            "EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN DELETE FROM t",
            "EXPLAIN (ANALYZE) INSERT INTO t VALUES (1)", "EXPLAIN ANALYZE EXECUTE p", "EXPLAIN t",
            "EXPLAIN PLAN FOR SELECT 1", "EXPLAIN (ANALYZE) foo", "EXPLAIN (ANALYZE", "EXPLAIN EXPLAIN SELECT 1",
            "DESCRIBE UPDATE t SET a = 1", "SHOW x; DROP TABLE t", "SHOW TABLE CREATE", "SELECT show create FROM t",
            "SELECT replace FROM t", "SELECT replace", "SELECT a FROM t WHERE replace; ",
            "SELECT TRANSFORM (a) USING 'rm -rf' FROM t", "SELECT @a := 1", "SELECT NEXT VALUE FOR s INTO x",
        ])
    func cannotTell(_ text: String) {
        #expect(SQLStatement.kind(of: text) == .maybeWrite)
    }

    @Test(
        "Where two dialects would cut a text differently nobody can tell",
        arguments: [
            // A backslash hides the quote, or does not.
            #"SELECT '\'; DROP TABLE t -- '"#, #"SELECT 'a\'"#, #"SELECT '\\\''"#, #"SELECT "\" "#, #"SELECT "a\"b""#,
            #"SELECT E'\'; DROP TABLE t --'"#, #"SELECT \N"#,
            // Long strings, strings with delimiters of their own.
            "SELECT '''a'''", "SELECT ''''", "SELECT '''a'b'''", "SELECT \"\"\"a\"\"\"",
            "SELECT q'[it's]', 'x'", "SELECT nq'!a'!'",
            "SELECT $$'$$, '$$; DROP TABLE t $$'", "SELECT $a$ x $a$", "SELECT a$1", "SELECT $1$ ' $1$", "SELECT $a",
            "SELECT $1a", "SELECT $$1", "SELECT $",
            // Literals without an end.
            "SELECT '", "SELECT 'a", "SELECT \"a", "SELECT `a", "SELECT [a", "SELECT /* a", "SELECT 'a''",
            // Comments that not all know, and those that run.
            "SELECT 1 # x", "# x\nSELECT 1", "SELECT 1 // x", "SELECT 1 --x", "--x\nSELECT 1", "SELECT 1--1",
            "SELECT /*! DELETE */ 1", "SELECT 1 /*!50000 INTO OUTFILE '/x' */", "SELECT /*M! 1 */ 1",
            "SELECT /*+ SET_VAR(a=1) */ 1", "SELECT /* /* */ DROP TABLE t -- */ */ 1", "SELECT /*/ 1 /*/",
            "SELECT /* /* */ '*/ DROP TABLE t -- '",
            "SELECT /*/ 1", "SELECT 1 */", "SELECT /*# x */ 1", "SELECT /*ü*/ 1 /*ü",
            "SELECT 1 -- a\rDROP TABLE t", "SELECT 1 -- a\u{2028}DROP TABLE t", "SELECT 1 -- a\u{85}x",
            "SELECT 1 -- a\u{2029}x",
            // Names in backticks and brackets that hold quotes, ends and comments.
            "SELECT `a'b` INTO OUTFILE '/x' `c'd`", "SELECT `a--b`", "SELECT `a/*b`, `*/`", "SELECT `a;b`",
            "SELECT `ü`", "SELECT `drop`", "SELECT [it's], 'x'", "SELECT [a]]b]", "SELECT [[1]]", "SELECT ['a]', 1]",
            "SELECT [ ' ] DELETE FROM t [ ' ]", "SELECT [a -- ] \n]", "SELECT a]", "SELECT [a /* ] */ ]",
            "SELECT [a;b]",
            // Numbers that end in words.
            "SELECT 1INTO t", "SELECT 1UNION SELECT 2", "SELECT 1e", "SELECT 1eINTO", "SELECT 0xINTO", "SELECT 0x1G",
            "SELECT 1.5INTO t", "SELECT 1.e1INTO t", "SELECT 1_into", "SELECT 1e5into t", "SELECT 2d",
            "SELECT 1.INTO t",
            // Blanks, letters and control characters that not all know.
            "SELECT\u{a0}1", "SELECT\u{3000}1", "\u{feff}SELECT 1", "SELECT ü", "SELECT 1 \u{131}nsert",
            "de\u{17f}cribe t", "SELECT\u{0b}1", "SELECT\u{0c}1", "SELECT 1\0; DROP TABLE t", "SELECT 'a\0b'",
            "SELECT 1 -- \0", "SELECT /* \u{1} */ 1", "SELECT 'a\u{7f}'", "SELECT \u{ff07}a\u{ff07}", "SELECT 1\u{37e}",
        ])
    func differs(_ text: String) {
        #expect(SQLStatement.kind(of: text) == .maybeWrite)
    }

    @Test("Every writing word takes the read from a statement, wherever it stands and however it is written")
    func everyWritingWord() {
        let words =
            "insert update delete merge create drop alter grant revoke call exec execute copy attach detach install load"
            + " set reset pragma vacuum lock into export import use unload refresh optimize upsert overwrite begin"
            + " commit rollback kill shutdown trigger declare backup restore deny"
        for word in words.split(separator: " ") {
            for text in [
                "SELECT \(word)", "SELECT (\(word.uppercased()))",
                "SELECT a.\(word.prefix(1).uppercased())\(word.dropFirst()) FROM t",
            ] {
                #expect(SQLStatement.kind(of: text) == .maybeWrite, "\(text)")
            }
            #expect(SQLStatement.kind(of: "SELECT '\(word)', \"\(word)\" /* \(word) */ -- \(word)") == .read)
        }
    }
}
