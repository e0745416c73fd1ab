-- Builds the schema from nothing, in an order in which every reference finds its table:
--   export PGOPTIONS='-c search_path=creativeflow'
--   psql --single-transaction --set ON_ERROR_STOP=1 --file sql/schema/schema.sql
-- These files are the state wanted now, and what a review reads. A database is changed by sql/migrations alone;
-- a test builds one database from each and compares them.
\ir functions/set_updated_at.sql
\ir functions/uuidv7.sql
\ir functions/append_only.sql
\ir tables/User.sql
\ir tables/Team.sql
\ir tables/TeamMember.sql
\ir tables/BrandKit.sql
\ir tables/Workbench.sql
\ir tables/Template.sql
\ir tables/Project.sql
-- Asset.sql closes the circle between the two.
\ir tables/GenerationRequest.sql
\ir tables/Asset.sql
\ir tables/AssetVersion.sql
\ir tables/SocialMediaConnection.sql
\ir tables/APIClient.sql
\ir tables/Subscription.sql
\ir tables/CreditTransaction.sql
\ir tables/UsageLog.sql
\ir tables/Session.sql
\ir tables/Notification.sql
\ir tables/AIModel.sql
-- AIModelValidationResult.sql closes the circle between the two.
\ir tables/AIModelVersion.sql
\ir tables/AIModelValidationResult.sql
\ir tables/AIModelDeployment.sql
\ir tables/AIModelFeedback.sql
\ir indexes/CustomIndexes.sql
\ir functions/monthly_tables.sql
\ir functions/months_to_make.sql
\ir functions/make_month.sql
\ir functions/attach_month.sql
\ir functions/lock_partitioned.sql
\ir functions/create_partitions.sql
\ir functions/missing_partitions.sql
\ir functions/stray_rows.sql
\ir functions/move_stray_rows.sql
\ir functions/detach_partitions.sql
\ir functions/make_months_ahead.sql
\ir functions/refuse_stray_rows.sql
