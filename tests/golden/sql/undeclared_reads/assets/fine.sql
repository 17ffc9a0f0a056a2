select i, j, k from range(3) r(i), generate_series(1, 2) g(j), unnest([1, 2]) u(k), (values (1)) v(l)
