/*--- tags: [a] ---*/ SELECT 1 AS one
