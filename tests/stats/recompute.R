# Recomputes a table from its runs with R's own functions: Rscript recompute.R runs.csv printed.csv out.csv
arguments <- commandArgs(trailingOnly = TRUE)
runs <- read.csv(arguments[1], stringsAsFactors = FALSE)
printed <- read.csv(arguments[2], stringsAsFactors = FALSE)

cells <- unique(runs[runs$method != "baseline", c("column", "method", "family")])
values <- function(column, method) runs$value[runs$column == column & runs$method == method]
row <- function(what, column, method, number) {
  data.frame(what = what, column = column, method = method, number = number, stringsAsFactors = FALSE)
}
out <- NULL

tests <- lapply(seq_len(nrow(cells)), function(i) {
  t.test(values(cells$column[i], cells$method[i]), values(cells$column[i], "baseline"))
})
p <- sapply(tests, function(test) test$p.value)
adjusted <- ave(p, cells$family, FUN = function(each) p.adjust(each, "holm"))
for (i in seq_len(nrow(cells))) {
  at <- list(cells$column[i], cells$method[i])
  test <- tests[[i]]
  out <- rbind(out, row("estimate", at[[1]], at[[2]], test$estimate[1] - test$estimate[2]))
  out <- rbind(out, row("low", at[[1]], at[[2]], test$conf.int[1]))
  out <- rbind(out, row("high", at[[1]], at[[2]], test$conf.int[2]))
  out <- rbind(out, row("p", at[[1]], at[[2]], adjusted[i]))
}

# Ours against mean, sd and n: Welch and two one-sided tests from summaries.
levels <- p.adjust(sapply(seq_len(nrow(printed)), function(i) {
  ours <- values(printed$column[i], printed$method[i])
  variance <- c(var(ours) / length(ours), printed$sd[i]^2 / printed$n[i])
  df <- sum(variance)^2 / sum(variance^2 / (c(length(ours), printed$n[i]) - 1))
  2 * pt(-abs(mean(ours) - printed$value[i]) / sqrt(sum(variance)), df)
}), "holm")
for (i in seq_len(nrow(printed))) {
  ours <- values(printed$column[i], printed$method[i])
  variance <- c(var(ours) / length(ours), printed$sd[i]^2 / printed$n[i])
  df <- sum(variance)^2 / sum(variance^2 / (c(length(ours), printed$n[i]) - 1))
  gap <- mean(ours) - printed$value[i]
  beyond <- pt(c(gap - printed$margin[i], -gap - printed$margin[i]) / sqrt(sum(variance)), df)
  out <- rbind(out, row("level p", printed$column[i], printed$method[i], levels[i]))
  out <- rbind(out, row("tost p", printed$column[i], printed$method[i], max(beyond)))
}

# The columns together: Satterthwaite over every cell's variance.
for (method in unique(cells$method)) {
  columns <- cells$column[cells$method == method]
  sides <- do.call(rbind, lapply(columns, function(column) {
    do.call(rbind, lapply(c(method, "baseline"), function(name) {
      x <- values(column, name)
      data.frame(sign = ifelse(name == method, 1, -1), mean = mean(x), variance = var(x) / length(x), df = length(x) - 1)
    }))
  }))
  k <- length(columns)
  variance <- sum(sides$variance) / k^2
  df <- sum(sides$variance)^2 / sum(sides$variance^2 / sides$df)
  gain <- sum(sides$sign * sides$mean) / k
  out <- rbind(out, row("mean gain", "", method, gain))
  out <- rbind(out, row("mean p", "", method, 2 * pt(-abs(gain) / sqrt(variance), df)))
  out <- rbind(out, row("mean low", "", method, gain - qt(0.975, df) * sqrt(variance)))
}

# Ranks: Friedman, Iman and Davenport.
means <- tapply(runs$value, list(runs$column, runs$method), mean)
chi2 <- unname(friedman.test(means)$statistic)
k <- ncol(means)
f <- (nrow(means) - 1) * chi2 / (nrow(means) * (k - 1) - chi2)
out <- rbind(out, row("friedman p", "", "", pf(f, k - 1, (k - 1) * (nrow(means) - 1), lower.tail = FALSE)))
q <- qtukey(0.95, k, Inf) / sqrt(2)
out <- rbind(out, row("critical difference", "", "", q * sqrt(k * (k + 1) / (6 * nrow(means)))))
write.csv(format(out, digits = 15), arguments[3], row.names = FALSE)
